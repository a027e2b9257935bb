# Mounts, devices and what the kernel tells of itself.

### mount tmpfs
mkdir m; mount -t tmpfs -o size=1m,mode=700 name m; grep /work/m /proc/mounts | sed 's/time,.* 0 0/time 0 0/'; stat -c %a m; df m | tail -n 1 | awk '{print $1, $2, $6}'; dd if=/dev/zero of=m/f bs=4096 count=300 2>&1 | head -n 1; stat -c %s m/f; umount m; ls m; umount m; echo $?; mount -t none x m; echo $?

### bind mounts
mkdir a b; echo x > a/f; mount -o bind a b; cat b/f; echo y > b/g; cat a/g; mount -o remount,bind,ro b; echo z > b/h; echo $?; echo z > a/h; grep /work/b /proc/mounts | awk '{print $2, substr($4, 1, 11)}'; umount b; ls b; touch f g; mount -o bind f g; echo via > g; umount g; cat f g

### read-only mount
mkdir m; mount -t tmpfs t m; touch m/f; mount -o remount,ro m; touch m/g; echo $?; rm m/f; echo $?; mkdir m/d; echo $?; mount -o remount,rw m; touch m/g; ls m; (cd m; umount /work/m; echo $?); umount -l m; ls m

### mount options
mkdir m; mount -t tmpfs -o noexec,nosuid,nodev,noatime t m; grep /work/m /proc/mounts | cut -d' ' -f4; cp /bin/busybox m/sh; m/sh -c true; echo $?; mknod m/n c 1 3; echo x > m/n; echo $?; umount m

### moved mounts
mkdir a b; mount -t tmpfs t a; touch a/f; mount -o move a b; ls a b; mount -t tmpfs t b/f 2>&1; echo $?; mkdir b/c; mount -t tmpfs u b/c; umount b; echo $?; umount -r b/c; umount b; grep -c /work /proc/mounts

### mount of proc
mkdir p; mount -t proc proc p; cat p/self/comm; ls -d p/$$ | cut -c1; umount p; mount | grep -c ' on /proc '; mount -t sysfs s p; ls p | head -n 2; umount p

### df
df -P / | awk 'NR == 1 || $6 == "/" {print $1, $6}'; df -t proc; mkdir m; mount -t tmpfs -o size=64k t m; df -k m; df -i m | tail -n 1 | awk '{print $6}'; df -h m; printf 12345 > m/f; df m; df none; echo $?

### make file systems
truncate -s 1m i; mke2fs -q i; dd if=i bs=1 skip=1080 count=2 2>/dev/null | od -An -tx1; mkdosfs i > /dev/null; dd if=i bs=1 skip=510 count=2 2>/dev/null | od -An -tx1; mkswap i | head -n 1; fdisk -l i | head -n 1; tune2fs 2>/dev/null; blkid i 2>/dev/null; truncate -s 64k j; mkfs.ext2 -n j 2>/dev/null | head -n 1

### swap
cat /proc/swaps; free | head -n 1; free | awk '{print $1, NF}'; free -m | wc -l

### proc files
cat /proc/filesystems | grep -E 'tmpfs|proc$' | sort; wc -l < /proc/loadavg; head -n 1 /proc/meminfo | awk '{print $1, $3}'; cut -d' ' -f1 /proc/version; ls -ld /proc/self/task /proc/1 /proc/sys | cut -c1-10; cat /proc/none; echo $?; cat /proc/sys/fs/file-max | grep -c '^[0-9]*$'; echo x > /proc/version; echo $?; rm /proc/version; echo $?; mkdir /proc/x; echo $?

### proc of processes
sleep 100 & p=$!; cat /proc/$p/comm; tr '\0' ' ' < /proc/$p/cmdline; echo; readlink /proc/$p/exe /proc/$p/cwd /proc/$p/root; cut -d' ' -f2-3 /proc/$p/stat; ls /proc/$p/fd; kill -9 $p; wait $p 2>/dev/null; ls /proc/$p 2>/dev/null; echo $?

### descriptors of a process
exec 5> f 6< f; ls -l /proc/$$/fd | awk 'NR > 1 && ($9 == 5 || $9 == 6) {print $1, $9, $11}'; head -n 1 /proc/$$/fdinfo/5; echo 123 >&5; head -n 1 /proc/$$/fdinfo/5; rm f; readlink /proc/$$/fd/5; cat < /proc/$$/fd/6; stat -L -c '%h %s' /proc/$$/fd/5

### devices
ls -l /dev/null /dev/zero /dev/full /dev/tty /dev/random | awk '{print substr($1, 1, 7), $5, $6, $10}'; head -c 16 /dev/urandom | wc -c; cat /dev/null; dd if=/dev/zero bs=7 count=3 2>/dev/null | od -An -tx1; echo x > /dev/zero; ls -d /dev/fd/0; echo in | cat /dev/fd/0; cat /dev/none; echo $?

### kernel facts
sysctl -n kernel.hostname kernel.ostype; cat /proc/sys/kernel/random/boot_id | wc -c; cat /proc/sys/vm/overcommit_memory; hostname other; hostname; sysctl -n kernel.hostname; cat /proc/sys/fs/nr_open; cat /proc/sys/kernel/cap_last_cap; cat /proc/sys/net/core/somaxconn /proc/sys/net/ipv4/ip_local_port_range

### sysfs
ls -d /sys/class /sys/devices /sys/fs; cat /sys/devices/system/cpu/online; ls /sys/none; echo $?

### permissions of root
touch f; chmod 0 f; cat f; echo x > f; cat f; ./f; echo $?; mkdir d; chmod 0 d; touch d/x; ls d; setpriv --reuid=1000 ls d; echo $?; setpriv --reuid=1000 cat f; echo $?; setpriv --reuid=1000 mount -t tmpfs t d; echo $?; setpriv --reuid=1000 chroot / true; echo $?; setpriv --reuid=1000 hostname x; echo $?; setpriv --reuid=1000 kill -0 1; echo $?

### run-parts
mkdir d; for i in 1 2 3; do printf '#!/bin/sh\necho part %s $1\n' $i > d/$i; done; chmod 755 d/1 d/3; run-parts d; run-parts -a arg d; run-parts --test d; rm d/1; printf '#!/bin/sh\nexit 2\n' > d/1; chmod 755 d/1; run-parts d; echo $?

### message digests of devices
head -c 100000 /dev/zero | md5sum; dd if=/dev/zero bs=64k count=10 2>/dev/null | tee z | sha1sum; cmp z /dev/zero; echo $?; cat z z z z | wc -c

### uevents and devices
mknod d c 1 5; head -c 3 d | od -An -tx1; mknod e c 250 250; cat e; echo $?

