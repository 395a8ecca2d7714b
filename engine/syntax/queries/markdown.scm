; What Fillwright sees in Markdown. The sections are described in python.scm.

;; embedded
(fenced_code_block (info_string (language) @language) (code_fence_content) @content)
