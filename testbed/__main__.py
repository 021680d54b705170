"""The command line of the test cluster: `python3 -m testbed COMMAND`."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from testbed import (
    cluster,
    existing,
    export,
    gobuild,
    host,
    inventory,
    lock,
    machine,
    mode,
    network,
    node,
    paths,
    pins,
    programs,
    rootfs,
    tools,
)
from testbed.errors import TestbedError, UsageError
from testbed.progress import Progress

HOST_PROGRAMS = ["kind", "helm", "alloy"]


def sweep() -> None:
    """Remove what a killed run left unfinished; only called under the lock."""
    shutil.rmtree(paths.scratch_root(), ignore_errors=True)


def up(_: argparse.Namespace) -> None:
    """Make the cluster, or reuse a healthy one."""
    chosen = mode.current()
    print(f"mode: {chosen.name} ({chosen.reason})", flush=True)
    if chosen.is_source:
        gobuild.require_go()
    with lock.only_run():
        sweep()
        existing.forget()
        # At once: the engine that source mode starts must not be taken for the user's own.
        mode.record(chosen)
        seconds = _up_source(chosen) if chosen.is_source else _up_pull(chosen)
    print(f"cluster ready in {seconds:.1f} s: kubeconfig {paths.KUBECONFIG}, inventory {paths.INVENTORY}")


def _up_source(chosen: mode.Mode) -> float:
    pinned = pins.load()
    progress = Progress(8)
    _engine(progress)
    _node_image(pinned, progress)
    with progress.step(f"isolation of network {network.NETWORK}") as step:
        step.note("in force: " + "; ".join(network.ensure()))
    _cluster(pinned, chosen, node.tag(), progress)
    return progress.elapsed()


def _up_pull(chosen: mode.Mode) -> float:
    pinned = pins.load()
    progress = Progress(4)
    asked = host.ask_docker()
    if asked.code != 0:
        raise UsageError(machine.docker_help(machine.this(), asked))
    _tools(tools.wanted(), pinned, progress)
    _cluster(pinned, chosen, "", progress)
    return progress.elapsed()


def _tools(names: list[str], pinned: pins.Pins, progress: Progress) -> None:
    with progress.step("programs of this machine") as step:
        choices = tools.choose(names, pinned)
        step.note("; ".join(why for _where, why in choices.values()))
    built = [name for name, (where, _why) in choices.items() if where == tools.BUILD] + tools.pinned_helm(pinned)
    progress.total += len(built)
    programs.ensure(built, pinned, progress)


def use(arguments: argparse.Namespace) -> None:
    """Use a cluster that is there, by its context: nothing is made, and `down` deletes nothing."""
    there = existing.find(arguments.context)
    progress = Progress(2)
    with lock.only_run():
        _tools([name for name in tools.wanted() if name == "helm"], pins.load(), progress)
        with progress.step("inventory"):
            existing.record(existing.copied(there) if arguments.copy else there)
            inventory.write(pins.load())
    print(f"context {there.context} of {there.kubeconfig} is used as it is: inventory {paths.INVENTORY}")


def _engine(progress: Progress) -> None:
    with progress.step("packages of this machine") as step:
        installed = host.install_packages()
        step.note(f"installed {', '.join(installed)}" if installed else "all there")
    with progress.step("Docker Engine") as step:
        step.note(host.start_docker())


def _node_image(pinned: pins.Pins, progress: Progress) -> None:
    there = node.exists()
    host_programs = [*HOST_PROGRAMS, *tools.pinned_helm(pinned)]
    wanted = list(dict.fromkeys(host_programs + ([] if there else node.PROGRAMS)))
    if not there:
        host.require_space()
    progress.total += len(wanted)
    programs.ensure(wanted, pinned, progress)
    if there:
        progress.skip(1)
    else:
        with progress.step("node's root filesystem") as step:
            step.note(rootfs.ensure(pinned.suite))
    with progress.step(f"node image {node.tag()}") as step:
        if there:
            step.note("cached")
        else:
            node.build(pinned)
            node.remove(keep=node.tag())


def _cluster(pinned: pins.Pins, chosen: mode.Mode, image: str, progress: Progress) -> None:
    action, why = cluster.decide(cluster.look(), node.identity() if image else "")
    kind = tools.locate("kind", pinned, source=chosen.is_source)
    with progress.step(f"cluster {cluster.NAME}: {action}, {why}"):
        if action == "recreate":
            cluster.delete()
        if action == "reuse":
            cluster.write_kubeconfig(kind)
        else:
            cluster.create(kind, chosen, image)
    with progress.step("node, Services, DNS, storage class"):
        cluster.wait()
    with progress.step("inventory"):
        inventory.write(pinned)


def node_image(_: argparse.Namespace) -> None:
    """Make the node image of source mode, and leave the cluster as it is."""
    gobuild.require_go()
    machine.require_build(machine.this())
    progress = Progress(4)
    with lock.only_run():
        sweep()
        # The engine started here must not be taken for the user's own by a later `up`.
        if not mode.recorded():
            mode.record(mode.Mode(mode.SOURCE, "node-image needs it"))
        _engine(progress)
        _node_image(pins.load(), progress)
    print(f"{node.tag()} ready in {progress.elapsed():.1f} s")


def image(arguments: argparse.Namespace) -> None:
    """Write one image of source mode as an archive, as `docker save` would."""
    pinned = pins.load()
    target = Path(arguments.file).resolve()
    export.find(pinned, Path(), arguments.name)
    export.check_target(target)
    machine.require_build(machine.this())
    gobuild.require_go()
    with lock.only_run():
        sweep()
        print(export.write(pinned, arguments.name, target, Progress(2, sys.stderr)))


def down(arguments: argparse.Namespace) -> None:
    """Delete the cluster that `up` made; programs, images and the engine stay."""
    with lock.only_run():
        there = existing.recorded()
        existing.forget()
        if there or arguments.context:
            context = there.context if there else arguments.context
            print(f"the cluster of context {context} is not the test bed's: nothing was deleted")
            return
        print("cluster deleted" if cluster.delete() else "there was no cluster")


def clean(arguments: argparse.Namespace) -> None:
    """Delete the cluster, its network, our images and the generated state."""
    with lock.only_run():
        if host.docker_answers():
            cluster.delete()
            network.remove()
            node.remove()
        shutil.rmtree(paths.STATE, ignore_errors=True)
        sweep()
        if arguments.cache:
            # The engine may be running on the files of these two.
            for name in ("programs", "rootfs"):
                shutil.rmtree(paths.cache() / name, ignore_errors=True)
    print("clean" + (", cache removed" if arguments.cache else ""))


def status(_: argparse.Namespace) -> None:
    """Say what there is; fails when there is no healthy cluster."""
    pinned = pins.load()
    there = existing.recorded()
    if there:
        print(f"cluster:    context {there.context} of {there.kubeconfig}, used as it is")
        return
    print(f"mode:       {mode.recorded() or 'not chosen yet'}")
    if not host.docker_answers():
        raise TestbedError("docker:     not running, so there is no cluster; `up` starts it")
    found = cluster.look()
    print(f"cluster:    {found.container or 'none'}, {'healthy' if found.healthy else 'not usable'}")
    if found.image:
        print(f"node image: {found.image}" + (", the current one" if found.image == node.identity() else ""))
    print(f"kubeconfig: {paths.KUBECONFIG if paths.KUBECONFIG.is_file() else 'none'}")
    for name, pin in sorted(pinned.programs.items()):
        print(f"  {name:<24} {pin.version:<8} {'cached' if programs.is_cached(pin) else 'not cached'}")
    if not found.healthy:
        raise TestbedError("no healthy cluster; `up` makes one")
    if mode.recorded() == mode.SOURCE:
        print("isolation:  " + "; ".join(network.verify(network.ipv6_on())))


def get_programs(arguments: argparse.Namespace) -> None:
    """Fill the cache and print the programs' paths."""
    pinned = pins.load()
    names: list[str] = arguments.names or [name for name, pin in pinned.programs.items() if not pin.by_name]
    wanted = [pinned.pin(name) for name in names]
    # What is all there waits for no other run.
    if not all(programs.is_cached(pin) for pin in wanted):
        gobuild.require_go()
        with lock.only_run():
            sweep()
            programs.ensure(names, pinned, Progress(len(names), sys.stderr))
    for pin in wanted:
        print(programs.cached_path(pin))


def path(arguments: argparse.Namespace) -> None:
    """Print where a cached program lies."""
    pin = pins.load().pin(arguments.name)
    if not programs.is_cached(pin):
        raise TestbedError(f"{pin.name} {pin.version} is not in the cache; `programs {pin.name}` puts it there")
    print(programs.cached_path(pin))


def write_inventory(_: argparse.Namespace) -> None:
    """Write the inventory again, for instance after CHARTS_DIR changed."""
    print(inventory.write(pins.load()))


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    top = argparse.ArgumentParser(prog="python3 -m testbed", description="A disposable cluster to test against.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, function: Callable[[argparse.Namespace], None]) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=(function.__doc__ or "").splitlines()[0])
        command.set_defaults(function=function)
        return command

    add("up", up)
    command = add("use", use)
    command.add_argument("--context", default="", help="a context of the kubeconfig; its current one by default")
    command.add_argument("--copy", action="store_true", help="with a kubeconfig of this context alone, for scenarios")
    add("down", down).add_argument("--context", default="", help="of a cluster that is there, which is left alone")
    add("clean", clean).add_argument("--cache", action="store_true", help="the built programs too")
    add("status", status)
    add("programs", get_programs).add_argument("names", nargs="*", metavar="NAME")
    add("path", path).add_argument("name", metavar="NAME")
    add("inventory", write_inventory)
    add("node-image", node_image)
    command = add("image", image)
    command.add_argument("name", metavar="NAME", help="such as docker.io/grafana/tempo:VERSION")
    command.add_argument("file", metavar="FILE", help="the archive to write")
    return top


def _interrupt(number: int, _: FrameType | None) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


def main() -> int:
    """Run one command; errors become one clear message and an exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    arguments = parser().parse_args()
    try:
        arguments.function(arguments)
    except TestbedError as error:
        print(f"testbed: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\ntestbed: interrupted; the next `up` repairs what is half done", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
