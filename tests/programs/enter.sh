# Makes the tree of a private Linux and runs the script $1 in it. See linux.py.
set -e
# Refuses to run with a capability that reaches beyond the namespaces: see linux.py.
if "$BUSYBOX" setpriv --dump | "$BUSYBOX" grep -q sys_time; then
    echo "refused: what runs here could set the clock of the host" >&2
    exit 125
fi
PATH=/bin:/usr/bin:/sbin:/usr/sbin
mount -t tmpfs -o mode=755 tmpfs "$ROOT"
cd "$ROOT"
mkdir bin dev dev/pts dev/shm etc mnt proc root run sys tmp var work
chmod 1777 tmp
cp "$BUSYBOX" bin/busybox
for tool in $(bin/busybox --list); do
    [ -e "bin/$tool" ] || ln -s busybox "bin/$tool"
done
cp -R "$FILES/." .
# Nodes of this host, because a user namespace may not make any.
for node in null zero full random urandom tty; do
    : > dev/$node
    mount -o bind /dev/$node dev/$node
done
mount -t devpts -o newinstance,mode=620,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t proc proc proc
mount -o bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
bin/ip link set lo up
bin/hostname kevlar
unset ROOT BUSYBOX FILES
PATH=/bin
cd work
exec /bin/busybox chroot .. /bin/sh -c 'cd /work; exec /bin/sh -c "$1"' sh "$1"
