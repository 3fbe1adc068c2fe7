"""Dashboards' kernels are forked, each its own; without the nursery they start all the same."""

import asyncio
import contextlib
import errno
import os
import signal
import subprocess

import psutil
import pytest
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from riskkit.kernels import kept as keeping
from riskkit.serving.environment import kept
from riskkit.serving.forks import ForkProvisioner, forking


@pytest.fixture
def run(tmp_path):
    """Run a coroutine of (open, nursery); `await open(NAME=value)` is a kernel: `await kernel.says(code)`."""

    def running(body):
        async def inside():
            async with contextlib.AsyncExitStack() as ending:

                async def opened(**environ):
                    kernel = Kernel(tmp_path / os.urandom(4).hex())
                    await kernel.start({**kept(os.environ), **environ})
                    ending.push_async_callback(kernel.end)
                    return kernel

                await body(opened, ForkProvisioner.nursery)

        try:
            with forking(kept(os.environ)):
                asyncio.run(asyncio.wait_for(inside(), 120))
        finally:
            KernelProvisionerFactory.clear_instance()

    return running


class Kernel:
    def __init__(self, place):
        place.mkdir()
        self.place = place
        self.manager = AsyncKernelManager(transport="ipc", connection_file=str(place / "kernel.json"))

    async def start(self, environ):
        await self.manager.start_kernel(env=environ, cwd=str(self.place))
        self.client = self.manager.client()
        self.client.start_channels()
        await self.client.wait_for_ready(timeout=60)

    @property
    def pid(self):
        return self.manager.provisioner.pid

    async def says(self, expression):
        """The value of an expression there, as it prints."""
        said = []
        await self.client.execute_interactive(
            f"print({expression})", timeout=60, output_hook=lambda m: said.append(m["content"].get("text", ""))
        )
        return "".join(said).strip()

    async def end(self):
        self.client.stop_channels()
        await self.manager.shutdown_kernel(now=True)


def test_a_kernel_is_a_fork_with_its_own_environment_folder_and_random_numbers(run):
    async def body(opened, _nursery):
        one, other = await opened(WHO="one"), await opened(WHO="other")
        assert [await k.says("__import__('os').environ['WHO']") for k in (one, other)] == ["one", "other"]
        assert await one.says("__import__('os').getcwd()") == str(one.place)
        assert await one.says("__import__('os').getpid()") == str(one.pid)
        draws = [await k.says("__import__('numpy').random.random()") for k in (one, other)]
        assert draws[0] != draws[1]
        nursery = psutil.Process(one.pid).parent()
        assert "riskkit.serving.nursery" in nursery.cmdline()
        assert psutil.Process(other.pid).parent() == nursery
        assert await one.says("__import__('os').readlink('/proc/self/fd/0')") == "/dev/null"
        assert not [there for there in psutil.Process(one.pid).net_connections("unix") if "kernel" not in there.laddr
                    and there.laddr], "no end of the nursery's door"  # fmt: skip

    run(body)


def test_the_end_of_a_kernel_is_seen_and_a_kernel_is_ended(run):
    async def body(opened, _nursery):
        one, other = await opened(), await opened()
        os.kill(one.pid, signal.SIGKILL)
        while await one.manager.is_alive():
            await asyncio.sleep(0.05)
        assert await other.manager.is_alive()
        there = psutil.Process(other.pid)
        await other.end()
        assert psutil.wait_procs([there], timeout=10)[1] == []

    run(body)


def test_a_dead_nursery_takes_its_kernels_and_is_replaced(run):
    async def body(opened, _nursery):
        one = await opened()
        psutil.Process(one.pid).parent().kill()
        while await one.manager.is_alive():
            await asyncio.sleep(0.05)
        assert await (await opened()).says("6 * 7") == "42"

    run(body)


def test_new_code_is_for_new_kernels_and_old_ones_go_on(run, monkeypatch):
    async def body(opened, _nursery):
        one = await opened()
        old = psutil.Process(one.pid).parent()
        monkeypatch.setattr(keeping, "newest_code", lambda: 2**62)
        other = await opened()
        assert psutil.Process(other.pid).parent() != old
        assert await one.says("6 * 7") == "42"
        await one.end()
        old.wait(timeout=30)  # its last kernel has gone

    run(body)


def test_a_kernel_that_nobody_waits_for_is_ended_and_the_next_one_gets_its_own(run, tmp_path):
    async def body(opened, nursery):
        order = {
            "environ": {**kept(os.environ), "WHO": "nobody"},
            "cwd": str(tmp_path),
            "arguments": ["-f", "none.json"],
        }
        asking = asyncio.create_task(nursery.fork(order))
        await asyncio.sleep(0)  # it has begun
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
        kernel = await opened(WHO="one")
        assert await kernel.says("__import__('os').environ['WHO']") == "one"
        while len(psutil.Process(kernel.pid).parent().children()) > 1:
            await asyncio.sleep(0.05)

    run(body)


def test_where_an_end_cannot_be_seen_nothing_is_forked(monkeypatch):
    def absent(_pid):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(os, "pidfd_open", absent)
    with forking(kept(os.environ)):
        assert ForkProvisioner.nursery is None
    monkeypatch.delattr(os, "pidfd_open")
    with forking(kept(os.environ)):
        assert ForkProvisioner.nursery is None


def test_where_no_nursery_lives_a_kernel_starts_by_itself(run, monkeypatch):
    start = subprocess.Popen

    def broken(command, **options):
        return start(["/bin/false"] if "riskkit.serving.nursery" in command else command, **options)

    async def body(opened, nursery):
        monkeypatch.setattr(keeping.subprocess, "Popen", broken)
        monkeypatch.setattr(keeping, "newest_code", lambda: 2**62)
        kernel = await opened(WHO="one")
        assert await kernel.says("__import__('os').environ['WHO']") == "one"
        assert psutil.Process(kernel.pid).ppid() == os.getpid()

    run(body)
