; inherits: typescript, jsx
; What Fillwright sees in TypeScript with JSX. The sections are described in python.scm.
