"""The filter of system calls that sandboxed programs run under: everything is allowed but what
programs that compute never need.

Refused are new namespaces and mounts, looking into other processes, the kernel's keys, programs for
the kernel (bpf, perf, io_uring, modules), handles that reach files by number, and sockets of other
kinds than UNIX and IP: vsock, for one, knows no network namespace and reaches a virtual machine's
host. Calls in the form of another architecture kill the program. Not here: bubblewrap, which loads
the filter last (`sandbox.py`); a list of all that is allowed, which would break with each new libc.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

DENIED = """
    unshare setns mount umount2 pivot_root chroot mount_setattr open_tree move_mount fsopen fsconfig
    fsmount fspick
    ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd
    keyctl add_key request_key bpf perf_event_open userfaultfd io_uring_setup io_uring_enter
    io_uring_register
    init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct
    quotactl syslog
    open_by_handle_at name_to_handle_at iopl ioperm settimeofday clock_settime adjtimex sethostname
    setdomainname vhangup
""".split()
# clone's CLONE_NEW flags: time, mount, cgroup, UTS, IPC, user, process and network namespaces
NAMESPACES = tuple(1 << bit for bit in (7, 17, 25, 26, 27, 28, 29, 30))
FAMILIES = {1, 2, 10}  # AF_UNIX, AF_INET, AF_INET6


@cache
def program() -> bytes:
    """The filter as the kernel takes it. Raises OSError or RuntimeError where libseccomp is
    missing, ImportError without pyseccomp."""
    import pyseccomp as kernel  # imported late: only the extra `compute` brings it

    filter = kernel.SyscallFilter(kernel.ALLOW)
    refuse = kernel.ERRNO(errno.EPERM)
    for name in DENIED:
        # -1: a libseccomp older than the call
        if kernel.resolve_syscall(kernel.system_arch(), name) != -1:
            filter.add_rule(refuse, name)
    for flag in NAMESPACES:
        filter.add_rule(refuse, "clone", kernel.Arg(0, kernel.MASKED_EQ, flag, flag))
    # its flags lie in memory, out of a filter's sight; libc then uses clone
    filter.add_rule(kernel.ERRNO(errno.ENOSYS), "clone3")
    for family in set(range(max(FAMILIES))) - FAMILIES:
        filter.add_rule(refuse, "socket", kernel.Arg(0, kernel.EQ, family))
    filter.add_rule(refuse, "socket", kernel.Arg(0, kernel.GT, max(FAMILIES)))
    with os.fdopen(os.memfd_create("filter"), "w+b") as file:
        filter.export_bpf(file)
        file.seek(0)
        return file.read()


@contextmanager
def handle() -> Iterator[int]:
    """An open file with the filter, to be handed to one child. Raises as `program`."""
    with os.fdopen(os.memfd_create("filter", 0), "w+b") as file:
        file.write(program())
        file.seek(0)
        yield file.fileno()
