"""Cores are counted, not threads of cores."""

import os

from fillwright.engine.cores import engine_threads, physical_cores


def describe(cpus, siblings):
    for cpu, group in siblings.items():
        topology = cpus / f"cpu{cpu}" / "topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings_list").write_text(group)


def test_two_threads_of_one_core_count_once(tmp_path, monkeypatch):
    describe(tmp_path, {0: "0,2\n", 1: "1,3\n", 2: "0,2\n", 3: "1,3\n"})
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2, 3})
    assert physical_cores(tmp_path) == 2
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 2})
    assert physical_cores(tmp_path) == 1


def test_without_a_description_every_cpu_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {4, 5, 6})
    assert physical_cores(tmp_path) == 3


def test_one_core_is_left_to_the_editor_when_there_are_several():
    assert 1 <= engine_threads() <= max(1, physical_cores() - 1)
