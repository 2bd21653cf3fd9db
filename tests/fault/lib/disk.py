"""A small file system of its own for the store. Needs root, as mounting does, and loop devices.
tests/fault/run.sh runs all in a mount namespace of its own, so that nothing is left behind."""

import errno
import os
import signal
import subprocess

MIB = 1 << 20


class SmallDisk:
    """ext4 in an image file, mounted while the daemon uses it."""

    def __init__(self, parley, mebibytes=24):
        self.parley = parley
        self.image = os.path.join(parley.folder, "disk.img")
        self.place = os.path.join(parley.folder, "disk")
        os.mkdir(self.place)
        with open(self.image, "wb") as image:
            image.truncate(mebibytes * MIB)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", self.image], check=True)
        self.mount()
        parley.store = os.path.join(self.place, "parley.db")
        parley.settings["store"]["path"] = parley.store
        parley.settings["store"]["min_free_mb"] = 0  # it is small, and full disks are the matter here
        parley.write_config()

    def mount(self):
        subprocess.run(["mount", "-o", "loop,errors=remount-ro", self.image, self.place], check=True)

    def unmount(self, lazily=False):
        """lazily: although the judge of the test may have it open."""
        subprocess.run(["umount", *(["--lazy"] if lazily else []), self.place], check=True)

    def fill(self):
        """Until not one byte more fits."""
        handle = os.open(os.path.join(self.place, "filling"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for size in (MIB, 4096, 1):
            try:
                while True:
                    os.write(handle, bytes(size))
            except OSError as e:
                assert e.errno == errno.ENOSPC, e
        os.close(handle)

    def free(self):
        os.unlink(os.path.join(self.place, "filling"))

    def turn_read_only(self):
        """As after an error of the disk: also for files that are open for writing, and until it is
        mounted anew. The daemon stands still meanwhile, with no call to the system under way: a sync
        that waits while ext4 gives its journal up can come back as if all were well."""
        pid = self.parley.process.pid
        os.kill(pid, signal.SIGSTOP)
        os.waitid(os.P_PID, pid, os.WSTOPPED)
        subprocess.run(["mount", "-o", "remount,abort", self.place], check=False)
        os.kill(pid, signal.SIGCONT)
        try:
            os.open(os.path.join(self.place, "new"), os.O_WRONLY | os.O_CREAT)
        except OSError as e:
            assert e.errno == errno.EROFS, e
        else:
            raise AssertionError("it can still be written")
