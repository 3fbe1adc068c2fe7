"""The latest request is answered; whatever it overtook is dropped."""

import asyncio
import threading
import time

from riskkit.widgets.recompute import Recompute


class Ear:
    def __init__(self):
        self.computed, self.applied, self.failed = [], [], []
        self.gate = threading.Event()
        self.gate.set()

    def compute(self, request):
        self.computed.append(request)
        assert self.gate.wait(20)
        if isinstance(request, Exception):
            raise request
        for part in request if isinstance(request, list) else [request]:
            yield part * 10


def worker(ear):
    return Recompute(ear.compute, ear.applied.append, ear.failed.append)


def test_requests_in_quick_succession_are_one():
    ear = Ear()
    work = worker(ear)
    for request in range(1, 20):
        work.request(request)
    assert work.wait(20)
    assert ear.applied == [190]
    assert ear.computed == [19]


def test_an_overtaken_answer_is_dropped():
    ear = Ear()
    ear.gate.clear()
    work = worker(ear)
    work.request(1)
    while not ear.computed:
        time.sleep(0.01)
    work.request(2)
    ear.gate.set()
    assert work.wait(20)
    assert ear.computed == [1, 2]
    assert ear.applied == [20]


def test_a_failure_is_handed_over_and_the_next_request_is_answered():
    ear = Ear()
    work = worker(ear)
    work.request(ValueError("no"))
    assert work.wait(20)
    assert [str(error) for error in ear.failed] == ["no"]
    work.request(3)
    assert work.wait(20)
    assert ear.applied == [30]


def test_each_part_is_shown_before_the_next_is_begun():
    ear = Ear()
    work = worker(ear)
    work.request([1, 2, 3])
    assert work.wait(20)
    assert ear.applied == [10, 20, 30]


def test_an_answer_that_cannot_be_shown_is_a_failure():
    ear = Ear()

    def refuse(answer):
        raise RuntimeError("cannot draw")

    work = Recompute(ear.compute, refuse, ear.failed.append)
    work.request(1)
    assert work.wait(20)
    assert [str(error) for error in ear.failed] == ["cannot draw"]


def test_in_a_kernel_the_event_loop_applies_and_never_blocks():
    ear, threads = Ear(), []

    async def kernel():
        work = Recompute(ear.compute, lambda answer: threads.append(threading.get_ident()), ear.failed.append)
        work.request(1)
        ticks = 0
        while work.pending:
            await asyncio.sleep(0.01)
            ticks += 1
        return ticks

    assert asyncio.run(kernel()) >= 2
    assert threads == [threading.get_ident()]
    assert ear.failed == []
