"""The inside of the sandbox: gives up what a candidate program must not have, then runs it.

A script of the standard library alone, started by `sandbox.py` with the limits as arguments, the
program on stdin and the scratch folder as its working directory. Its exit code is the verdict.

What is given up, each layer where the system has it (`__layers__` tells the program which):

- limits: processor seconds, memory (not on macOS), file size, open files, processes, core files
- network: an empty network namespace, in a user namespace where root is nobody (Linux)
- files: Landlock; no writing but to the scratch folder, no reading but of Python and the system's
  libraries, no other programs, no signals to others (Linux 5.13)
- calls: seccomp; no new process or thread, no socket, no tracing (Linux on x86-64 and arm64)
- audit: a hook in the interpreter that refuses the same by name (everywhere)
"""

import ctypes
import os
import platform
import struct
import sys

PASSED, ASSERTION, SYNTAX, MEMORY, ERROR = 77, 78, 79, 80, 81
OPEN_FILES = 32

AUDITED = (
    "ctypes.", "ftplib.", "os.exec", "os.fork", "os.kill", "os.posix_spawn", "os.spawn",
    "os.system", "os.startfile", "pty.", "signal.pthread_kill", "socket.", "subprocess.",
    "_thread.start_new_thread", "urllib.",
)  # fmt: skip

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
READ = 1 << 2 | 1 << 3
RIGHTS_BY_VERSION = (0, 13, 14, 15, 15, 16)
"""How many kinds of file access each version of Landlock can forbid; later ones as the last."""
SYSTEM_FILES = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/null")
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
FORBIDDEN_CALLS = {
    # socket, socketpair, clone, fork, vfork, kill, ptrace, tkill, io_uring_setup, clone3
    "x86_64": (41, 53, 56, 57, 58, 62, 101, 200, 425, 435),
    "aarch64": (198, 199, 220, 129, 117, 130, 425, 435),
}


def main(processor_seconds: int, memory: int, file_size: int) -> None:
    leave = os._exit
    program = sys.stdin.buffer.read().decode("utf-8", "surrogatepass")
    os.environ.clear()
    layers = {"limits", "audit"}
    limit(processor_seconds, memory, file_size)
    if sys.platform == "linux":
        layers |= leave_kernel_behind(os.getcwd())
    sys.addaudithook(refuse)
    try:
        exec(
            compile(program, "<candidate>", "exec"),
            {"__name__": "__main__", "__layers__": frozenset(layers)},
        )
    except AssertionError:
        leave(ASSERTION)
    except SyntaxError:
        leave(SYNTAX)
    except MemoryError:
        leave(MEMORY)
    except BaseException:  # noqa: BLE001 - SystemExit and all else: it has not passed
        leave(ERROR)
    leave(PASSED)


def limit(processor_seconds: int, memory: int, file_size: int) -> None:
    import resource

    if sys.platform != "darwin":  # which refuses it
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    for kind, most in (
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    # a program may catch the first signal, not the second
    resource.setrlimit(resource.RLIMIT_CPU, (processor_seconds, processor_seconds + 1))


def leave_kernel_behind(scratch: str) -> set[str]:
    libc = ctypes.CDLL(None, use_errno=True)
    layers = set()
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0:
        layers.add("network")
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if forbid_files(libc, scratch):
        layers.add("files")
    if forbid_calls(libc):
        layers.add("calls")
    return layers


def forbid_files(libc: ctypes.CDLL, scratch: str) -> bool:
    version = libc.syscall(LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        return False
    every = (1 << RIGHTS_BY_VERSION[min(version, len(RIGHTS_BY_VERSION) - 1)]) - 1
    # struct landlock_ruleset_attr: kinds of file access, of network access, of reaching others
    handled = struct.pack("QQQ", every, 0, 3)[: 24 if version >= 6 else 8]
    rules = libc.syscall(LANDLOCK_CREATE, handled, len(handled), 0)
    if rules < 0:
        return False
    for path, allowed in [(scratch, every & ~1)] + [
        (path, READ) for path in (sys.base_prefix, *SYSTEM_FILES)
    ]:
        if not os.path.exists(path):
            continue
        if not os.path.isdir(path):
            allowed &= ~(1 << 3)
        beneath = struct.pack("=Qi", allowed, os.open(path, os.O_PATH))
        if libc.syscall(LANDLOCK_ADD, rules, 1, beneath, 0):
            return False
    return bool(libc.syscall(LANDLOCK_RESTRICT, rules, 0) == 0)


def forbid_calls(libc: ctypes.CDLL) -> bool:
    machine = platform.machine()
    if machine not in AUDIT_ARCH:
        return False
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    allow, refuse_it, kill = 0x7FFF0000, 0x00050001, 0x80000000
    calls = FORBIDDEN_CALLS[machine]
    filter_ = [
        (load, 0, 0, 4),  # struct seccomp_data: the number at 0, the architecture at 4
        (equal, 1, 0, AUDIT_ARCH[machine]),
        (give, 0, 0, kill),
        (load, 0, 0, 0),
        (at_least, len(calls) + 1, 0, 0x40000000),  # the calls of x32
        *((equal, len(calls) - at, 0, call) for at, call in enumerate(calls)),
        (give, 0, 0, allow),
        (give, 0, 0, refuse_it),
    ]
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in filter_)
    held = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(filter_), ctypes.addressof(held))
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0) == 0)


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith(AUDITED):
        raise PermissionError(f"the sandbox has no {event}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
