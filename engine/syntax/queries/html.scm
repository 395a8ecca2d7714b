; What Fillwright sees in HTML. The sections are described in python.scm.

;; embedded
; `content` is text in another language: the one that `language` says, or the pattern's setting.

((style_element (raw_text) @content) (#set! language "css"))
((script_element
  (start_tag
    (attribute (attribute_name) @_name (quoted_attribute_value (attribute_value) @language)))
  (raw_text) @content)
  (#eq? @_name "lang"))
((script_element (start_tag) @_tag (raw_text) @content)
  (#not-match? @_tag "\\b(lang|type)\\s*=")
  (#set! language "javascript"))
((script_element (start_tag) @_tag (raw_text) @content)
  (#match? @_tag "\\btype\\s*=\\s*[\"']?(module|(text|application)/(java|ecma)script)\\b")
  (#not-match? @_tag "\\blang\\s*=")
  (#set! language "javascript"))
((script_element (start_tag) @_tag (raw_text) @content)
  (#match? @_tag "\\btype\\s*=\\s*[\"']?(text/(babel|jsx))\\b")
  (#set! language "javascript"))
