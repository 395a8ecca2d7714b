"""The names of languages: as editors send them, as files end, and the grammar behind each.

Knows no grammars, only what they are called. A name that is not listed is taken for its grammar's.
"""

from pathlib import PurePath

GRAMMAR_NAMES = {
    "c++": "cpp",
    "c#": "c_sharp",
    "csharp": "c_sharp",
    "emacs-lisp": "elisp",
    "fortranfreeform": "fortran",
    "golang": "go",
    "html+erb": "embedded_template",
    "erb": "embedded_template",
    "javascriptreact": "javascript",
    "js": "javascript",
    "jsonc": "json",
    "jsx": "javascript",
    "ksh": "bash",
    "lisp": "commonlisp",
    "makefile": "make",
    "objective-c": "objc",
    "objectivec": "objc",
    "py": "python",
    "python3": "python",
    "rb": "ruby",
    "restructuredtext": "rst",
    "rs": "rust",
    "sh": "bash",
    "shell": "bash",
    "shellscript": "bash",
    "svelte": "html",
    "terraform": "hcl",
    "ts": "typescript",
    "typescriptreact": "tsx",
    "vue": "html",
    "vue-html": "html",
    "yml": "yaml",
    "zsh": "bash",
}
"""What editors and code fences call a language -> the grammar's name, where they differ."""

SUFFIXES = {
    "bash": "shellscript",
    "c": "c",
    "cc": "cpp",
    "cjs": "javascript",
    "cpp": "cpp",
    "cs": "csharp",
    "css": "css",
    "cts": "typescript",
    "cxx": "cpp",
    "erl": "erlang",
    "ex": "elixir",
    "exs": "elixir",
    "f90": "fortran",
    "go": "go",
    "h": "c",
    "hh": "cpp",
    "hpp": "cpp",
    "hs": "haskell",
    "htm": "html",
    "html": "html",
    "hxx": "cpp",
    "java": "java",
    "jl": "julia",
    "js": "javascript",
    "json": "json",
    "jsx": "javascriptreact",
    "kt": "kotlin",
    "kts": "kotlin",
    "lua": "lua",
    "m": "objective-c",
    "markdown": "markdown",
    "md": "markdown",
    "mjs": "javascript",
    "mk": "makefile",
    "ml": "ocaml",
    "mts": "typescript",
    "php": "php",
    "pl": "perl",
    "pm": "perl",
    "py": "python",
    "pyi": "python",
    "pyw": "python",
    "r": "r",
    "rake": "ruby",
    "rb": "ruby",
    "rs": "rust",
    "rst": "restructuredtext",
    "scala": "scala",
    "sh": "shellscript",
    "sql": "sql",
    "svelte": "svelte",
    "tf": "terraform",
    "toml": "toml",
    "ts": "typescript",
    "tsx": "typescriptreact",
    "vue": "vue",
    "yaml": "yaml",
    "yml": "yaml",
    "zsh": "shellscript",
}
"""The end of a file's name, after its last dot -> the language id that an editor would send."""

DOC_MARKS = {
    "bash": ("# ", ""),
    "c": ("/** ", " */"),
    "c_sharp": ("/// ", ""),
    "cpp": ("/** ", " */"),
    "go": ("// ", ""),
    "java": ("/** ", " */"),
    "javascript": ("/** ", " */"),
    "lua": ("--- ", ""),
    "php": ("/** ", " */"),
    "python": ('"""', '"""'),
    "ruby": ("# ", ""),
    "rust": ("/// ", ""),
    "tsx": ("/** ", " */"),
    "typescript": ("/** ", " */"),
}
"""A grammar -> what stands before and after the text of a docstring."""

LANGUAGE_IDS = {
    "bash": "shellscript",
    "c_sharp": "csharp",
    "embedded_template": "erb",
    "hcl": "terraform",
    "make": "makefile",
    "objc": "objective-c",
    "rst": "restructuredtext",
    "tsx": "typescriptreact",
}
"""A grammar's name -> the id that editors use, where they differ."""

FILE_NAMES = {"Dockerfile": "dockerfile", "Makefile": "makefile", "Rakefile": "ruby"}


FIXED_STEPS = {"make": "\t"}
"""A grammar -> one step of indentation, where its language takes no other."""


def fixed_step(language: str) -> str | None:
    """One step of indentation in a language that allows only one."""
    return FIXED_STEPS.get(grammar_name(language))


USUAL_STEPS = {"go": "\t"}
"""A grammar -> one step of indentation as its language's own formatter (gofmt) writes it."""


def usual_step(language: str) -> str | None:
    """One step of indentation in a language that nearly everybody indents alike."""
    return USUAL_STEPS.get(grammar_name(language))


PROSE_AND_DATA = frozenset(
    (
        *("", "bibtex", "csv", "diff", "dockercompose", "dockerfile", "dotenv", "git-commit"),
        *("git-rebase", "gitcommit", "gitignore", "ignore", "ini", "json", "json5", "jsonl"),
        *("log", "markdown", "plaintext", "properties", "rst", "text", "toml", "tsv"),
        *("txt", "xml", "yaml"),
    )
)
"""Names of languages in which there are no functions to be written."""


def has_functions(language: str) -> bool:
    """Whether functions can be written in a language; of an unknown one it is thought."""
    return not PROSE_AND_DATA.intersection((language.lower(), grammar_name(language)))


def grammar_name(language: str) -> str:
    """The name of the grammar, and of its query file, for a language id."""
    name = language.lower()
    return GRAMMAR_NAMES.get(name, name)


def language_called(word: str) -> str:
    """The language id of what a code fence or an attribute calls a language."""
    name = grammar_name(word)
    return LANGUAGE_IDS.get(name, name)


def doc_marks(language: str) -> tuple[str, str] | None:
    """What stands before and after the text of a docstring in a language; None: not known."""
    return DOC_MARKS.get(grammar_name(language))


def language_of_file(path: PurePath) -> str:
    """The language id of a file by its name; "plaintext" when it says nothing."""
    if path.name in FILE_NAMES:
        return FILE_NAMES[path.name]
    return SUFFIXES.get(path.suffix.removeprefix(".").lower(), "plaintext")
