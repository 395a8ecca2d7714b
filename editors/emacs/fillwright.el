;;; fillwright.el --- Fill holes in code with a local model  -*- lexical-binding: t; -*-

;; Author: The Fillwright authors
;; URL: https://github.com/fillwright/fillwright
;; Version: 0.2.0
;; Package-Requires: ((emacs "29.1"))
;; Keywords: convenience, tools
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Tells eglot of the language server `fillwright serve', which fills holes in code with a
;; text-diffusion model on this machine.  The program `fillwright' must be installed.
;;
;;     (require 'fillwright)
;;     (fillwright-setup)
;;
;; Then `M-x eglot' in a file of `fillwright-modes'; `M-x fillwright-fill' offers what can be
;; filled at point.  eglot shows no ghost text, and speaks with one server per buffer.

;;; Code:

(require 'eglot)

(defgroup fillwright nil
  "Fill holes in code with a local model."
  :group 'tools)

(defcustom fillwright-command '("fillwright" "serve")
  "The program that is the language server, and its arguments."
  :type '(repeat string))

(defcustom fillwright-modes '(python-mode python-ts-mode)
  "The modes whose buffers eglot serves by Fillwright."
  :type '(repeat symbol))

;;;###autoload
(defun fillwright-setup ()
  "Let eglot start Fillwright in buffers of `fillwright-modes'."
  (add-to-list 'eglot-server-programs (cons fillwright-modes fillwright-command)))

;;;###autoload
(defun fillwright-fill ()
  "Offer what Fillwright can fill at point, or rewrite of the region."
  (interactive)
  (call-interactively #'eglot-code-actions))

(provide 'fillwright)

;;; fillwright.el ends here
