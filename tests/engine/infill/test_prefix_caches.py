import pytest
import torch

from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.prefix_caches import PrefixCaches, growing_caches


def test_only_what_changed_is_read(tiny: Infiller) -> None:
    caches = PrefixCaches(tiny.model, growing_caches(tiny.model))
    reads = [
        caches.holding("a.py", ids)[1]
        for ids in ([1, 2, 3, 4], [1, 2, 3, 4, 5], [1, 2, 9, 4], [1, 2], [8])
    ]
    assert reads == [4, 1, 2, 0, 1]


def test_a_cache_holds_what_was_asked_for_whatever_it_held(tiny: Infiller) -> None:
    caches = PrefixCaches(tiny.model, growing_caches(tiny.model))
    caches.holding("a.py", [40, 41, 42, 43, 44])
    cache, _ = caches.holding("a.py", [40, 41, 50])
    fresh = tiny.model.prefill(torch.tensor([40, 41, 50]))
    assert cache.ids.tolist() == [40, 41, 50]
    canvas = torch.tensor([[60, 61, 62]])
    torch.testing.assert_close(
        tiny.model.denoise_logits(canvas, cache), tiny.model.denoise_logits(canvas, fresh)
    )


def test_documents_have_caches_of_their_own_and_the_oldest_goes(tiny: Infiller) -> None:
    caches = PrefixCaches(tiny.model, growing_caches(tiny.model)[:2])
    for key in ("a.py", "b.py", "a.py", "c.py"):
        caches.holding(key, [ord(key[0]), 2, 3])
    reads = {key: caches.holding(key, [ord(key[0]), 2, 3])[1] for key in ("a.py", "c.py", "b.py")}
    assert reads == {"a.py": 0, "c.py": 0, "b.py": 3}


def test_a_new_document_goes_on_from_what_it_shares_with_the_oldest(tiny: Infiller) -> None:
    caches = PrefixCaches(tiny.model, growing_caches(tiny.model)[:1])
    caches.holding("a.py", [1, 2, 3])
    cache, read = caches.holding("b.py", [1, 2, 4])
    assert (cache.ids.tolist(), read) == ([1, 2, 4], 1)


def test_without_a_cache_nothing_can_be_kept(tiny: Infiller) -> None:
    with pytest.raises(ValueError, match="at least one"):
        PrefixCaches(tiny.model, [])
