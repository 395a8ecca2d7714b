"""Whether two names of a model may mean the same one. Knows no server."""


def may_be_same(asked: str, answered: str) -> bool:
    """Servers leave folders and tags out of a name, or say which version `latest` is; a name that
    holds the other, apart from those, may be the same."""
    first, second = _stem(asked), _stem(answered)
    return first in second or second in first


def _stem(name: str) -> str:
    last = name.strip().rstrip("/").lower().rsplit("/", 1)[-1]
    return last.split(":", 1)[0].removesuffix("-latest").removesuffix(".gguf")
