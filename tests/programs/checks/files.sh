# What a file tool leaves behind, and what it says.

### copy a tree
mkdir -p a/b; echo 1 > a/f; echo 2 > a/b/g; ln -s ../f a/b/l; mkfifo a/p; chmod 751 a/b
cp -a a c; find c | sort | xargs stat -c '%A %a %s %F %n' | sed 's/^d\(.*\) [0-9]* dir/d\1 dir/'
readlink c/b/l; cat c/b/l c/b/g

### copy keeps times and modes
echo x > f; chmod 4711 f; touch -d '2001-02-03 04:05:06' f; cp -p f g; stat -c '%a %y' g

### copy over a link
echo a > a; echo b > b; ln -s b l; cp a l; cat b; cp -f --remove-destination a l; ls -l l | cut -c1-10

### copy errors
mkdir d; cp nothing d; cp d e; echo $?; touch f; cp f f; echo $?; cp f no/where; echo $?

### move
mkdir d e; echo 1 > d/f; mv d/f e/g; mv e d; find . | sort; mv d d/e/x; echo $?; mv nothing x; echo $?

### move over
echo new > n; echo old > o; chmod 400 o; mv -f n o; cat o; mkdir d; mv o d; ls d; mv -n d/o o; ls

### move across file systems
mkdir t; mount -t tmpfs tmpfs t; echo x > f; ln -s f l; touch -d @981173106 f; mv f l t; ls; ls t
stat -c '%F %y' t/f; readlink t/l; umount t

### remove
mkdir -p d/e; touch d/e/f; rm d; echo $?; rm -r d; rm d; echo $?; rm -f d; echo $?; rmdir .; echo $?

### remove a full directory
mkdir -p d/e; rmdir d; echo $?; rmdir -p d/e; ls; mkdir d; touch d/f; rmdir --ignore-fail-on-non-empty d; echo $?

### make directories
umask 027; mkdir a; mkdir -m 1777 b; mkdir -p c/d/e; stat -c '%A %h %n' a b c c/d; mkdir a; echo $?
mkdir x/y; echo $?; touch f; mkdir f/g; echo $?; mkdir -p f/g; echo $?

### hard and symbolic links
echo x > f; ln f g; ln -s nowhere l; ln -sf f l; ln f g; echo $?; ln -f f g; stat -c '%h %F' f g l
mkdir d; ln d e; echo $?; ln -s f d; readlink d/f; ln -sn f d; ls -l d | wc -l

### links in circles
ln -s b a; ln -s a b; cat a; echo $?; ls -l | sed 's/.* \(a -\|b -\)/\1/'; readlink -f a; echo $?

### real paths
mkdir -p a/b; ln -s a/b s; ln -s ../../s a/b/t; realpath s a/b/t/.. .; readlink -f s/x; readlink -f s/x/y
echo $?; realpath nothing; echo $?; cd s; pwd; pwd -P; cd ..; pwd

### touch
touch -t 200102030405.06 f; stat -c '%x %y' f; touch -r f g; stat -c %Y g; touch -a -d @0 f
stat -c '%X %Y' f; touch -c none; ls; touch -h -d @5 l 2>/dev/null; touch no/where; echo $?

### chmod
touch f; for m in 755 u=rw,go= a+x o-x g=u u+s,g+s +t 0 a=r,u+w 1640; do chmod $m f; stat -c "$m %A %a" f; done
chmod 999 f; echo $?; chmod 644 none; echo $?; mkdir d; touch d/f; chmod -R go-rwx d; stat -c %a d d/f

### umask
umask; umask 077; touch f; mkdir d; stat -c %a f d; umask u=rwx,g=rx,o=; umask; umask -S; touch g; stat -c %a g

### chown
touch f; ln -s f l; chown user f; stat -c '%U %G %u %g' f; chown :more f; stat -c '%U %G' f; chown 7:8 f
stat -c '%u %g %U %G' f; chown -h user:user l; stat -c '%u %g' l f; chgrp more f; stat -c %G f
chown none f; echo $?; chmod 6755 f; chown user f; stat -c %a f

### stat
printf 12345 > f; chmod 640 f; touch -d @1000000000 f; mkfifo p; mkdir d; ln -s f l
stat -c '%n %s %b %B %f %F %a %A %h %u %U %g %G %t %T %Y %y' f; stat -c '%N %F %s' l; stat -L -c '%F %s' l
stat -c '%F %a' p d; stat -c '%F %t %T' /dev/null; stat none; echo $?; stat -t f | cut -d' ' -f1-6

### stat of a file system
stat -f -c '%l %s %S %T' .; stat -f -c '%T %l' /proc; stat -f -c '%T' /dev/pts; stat -f none; echo $?

### ls formats
mkdir d; touch d/x; printf abc > b; chmod 750 b; ln -s b s; mkfifo p; touch .hidden; touch -d 2001-01-02 b d s p
ls; ls -a; ls -A; ls -F; ls -p; ls -r; ls -d d; ls -R; ls -1 -s b; ls -l b p; ls -ln b; ls -le b

### ls sorts
echo 1 > a; echo 333 > b; echo 22 > c; touch -d @1 b; touch -d @2 a; touch -d @3 c; ls -t; ls -S; ls -rt; ls -X
ls -l nothing; echo $?; ls nothing a; echo $?

### ls of many
i=0; while [ $i -lt 300 ]; do : > f$i; i=$((i + 1)); done; ls | wc -l; ls f1*9; rm f1??; ls | wc -l
ls -C -w 60 f1* f2?

### du
mkdir -p d/e; dd if=/dev/zero of=d/f bs=4096 count=5 2>/dev/null; printf x > d/e/g; ln d/f d/h; du d; du -a d | sort
du -s d; du -sk d/f; du -h d/f; du -l d | tail -n 1; truncate -s 1M s; du s

### truncate and holes
truncate -s 10000 f; stat -c '%s %b' f; printf x | dd of=f bs=1 seek=8192 conv=notrunc 2>/dev/null
stat -c '%s %b' f; truncate -s -5000 f; stat -c '%s %b' f; truncate -s +100 f; stat -c %s f; cksum < f 2>/dev/null; md5sum f

### dd
seq 1000 > f; dd if=f of=g bs=100 skip=2 count=3; cat g | md5sum; dd if=f bs=7 count=2 2>/dev/null | od -c
printf abc | dd of=g bs=1 seek=5 conv=notrunc 2>/dev/null; head -c 20 g; dd if=none; echo $?
dd if=/dev/zero of=/dev/full count=1; echo $?

### dd converts
printf 'aBc' | dd conv=swab 2>/dev/null; echo; printf abc | dd ibs=2 obs=5 conv=sync 2>&1 | od -c
dd if=/dev/zero bs=1k count=3 iflag=fullblock 2>/dev/null | wc -c; seq 500 | dd bs=1k 2>/dev/null | tail -n 1

### fallocate and shred
fallocate -l 5000 f; stat -c '%s %b' f; fallocate -l 100 -o 9000 f; stat -c '%s' f; shred -n 1 -z f; md5sum f
shred -u f; ls

### mktemp
f=$(mktemp); stat -c '%a %F %s' $f; d=$(mktemp -d); stat -c '%a %F' $d; mktemp x.XXXXXX | sed 's/......$/same/'
mktemp -d none/XXXXXX; echo $?; mktemp bad; echo $?; TMPDIR=/work mktemp -t y.XXXXXX | cut -c1-8

### find by property
mkdir -p a/b/c; seq 2000 > a/big; : > a/b/empty; ln -s big a/l; mkfifo a/p; chmod 600 a/big; touch -d @979084800 a/b/empty
find a -type f | sort; find a -type d -name 'c*'; find a -size +2k; find a -empty -type f; find a -perm 600
find a -type l; find a -type p; find a -maxdepth 1 | sort; find a -mindepth 3; find a -newer a/b/empty | wc -l
find a -mtime +100; find a -links 1 -type f | sort; find a -iname BIG; find a -path '*b/c'; find a -user root | wc -l

### find does
mkdir -p a/b; touch a/1 a/2 a/b/3; find a -type f -exec echo got {} \; | sort; find a -type f -exec echo all {} + | wc -w
find a -name 1 -delete; find a -prune; find a -depth | tail -n 1; find a -type f -print0 | xargs -0 ls -1 | sort
find a -name b -prune -o -print | sort; find none; echo $?; find a -type f -exec false {} +; echo $?; find a -xdev | wc -l

### compare
seq 10 > a; sed 's/5/x/' a > b; cmp a b; echo $?; cmp -s a a; echo $?; cmp -l a b; head -n 3 a > c; cmp a c; echo $?
cmp a none; echo $?

### diff trees
mkdir -p a b; echo 1 > a/same; echo 1 > b/same; echo x > a/f; echo y > b/f; touch a/only; diff -r a b; echo $?; diff -rq a b
diff -u a/f b/f | tail -n +3; diff -N -u a/only b/only; echo $?

### patch
seq 10 > f; cp f g; sed -i 's/3/three/;8d' g; diff -u f g > p; cat p | tail -n +3; patch f p; cmp f g; patch -R f p; seq 10 | cmp - f
patch -p0 -i p f --dry-run; echo $?; sed -i 1,9d f; patch f p; echo $?; ls

### files of a user
touch mine; chmod 600 mine; mkdir d; chmod 700 d; chmod 755 .
setpriv --reuid=1000 --clear-groups sh -c 'id -u; cat mine; ls d; cd d; touch new; echo x > mine; rm mine; mv mine x; chmod 666 mine; mkdir y'
ls

### sticky directory
mkdir t; chmod 1777 t; touch t/r; setpriv --reuid=1000 sh -c 'touch t/u; rm -f t/r; mv t/r t/s; rm t/u; echo $?'; ls t

### set-group-id directory
mkdir d; chgrp more d; chmod 2775 d; touch d/f; mkdir d/e; stat -c '%G %a' d/f d/e

### tee
seq 3 | tee a b > c; cmp a b; cmp a c; echo 4 | tee -a a; cat a; echo x | tee none/f; echo $?; echo y | tee /dev/full; echo $?

### full device
echo x > /dev/full; echo $?; cat /dev/zero | head -c 5 | od -An -tx1; cat < /dev/null; head -c 3 /dev/full | od -An -tx1

### special files
mknod n c 1 3; echo gone > n; cat n; mknod z c 1 5; head -c 4 z | od -An -tx1; mkfifo -m 640 p; ls -l p | cut -c1-10
mknod b b 7 0; stat -c '%F %t %T' b; mknod n c 1 3; echo $?

### extended descriptors
ls -l /proc/self/fd | awk '{print $1, $9, $10, $11}' | sed 's/\[.*\]/[]/;/ 3 /d;1d'; exec 7> f; readlink /proc/self/fd/7 < f; ls -l /proc/$$/fd/7 | sed 's/ .*7 -/ 7 -/'
head -n 1 /proc/$$/fdinfo/7; echo hello >&7; exec 8< f; rm f; readlink /proc/$$/fd/7; cat <&8; cat /proc/$$/fd/7

### sync and files
echo x > f; sync; sync f; fsync f 2>/dev/null; echo $?; cat f

### long names
n=$(printf '%0255d' 0); touch $n; ls | wc -c; touch ${n}1; echo $?; mkdir -p $n/$n/$n; cd $n 2>/dev/null; echo $?

### deep paths
i=0; while [ $i -lt 60 ]; do mkdir directory$i; cd directory$i; i=$((i + 1)); done; pwd | wc -c; cd /work; find . | wc -l
rm -r directory0; ls; p=$(printf 'x/%.0s' $(seq 2100)); ls $p; echo $?

### rename names
touch 'a b' "c'd" 'e
f' -- -g; ls -1 | od -c | head -n 3; rm -- -g; find . -type f | wc -l; for f in *; do echo "<$f>"; done; ls -b 2>/dev/null; ls -Q

### append and overwrite
echo 1 > f; echo 2 >> f; set -C; echo 3 > f; echo $?; echo 4 >| f; cat f; set +C; exec 5<> f; echo x >&5; cat f; : > f; stat -c %s f

### cat options
printf 'a\n\n\nb\tc\n' > f; cat -n f; cat -b f; cat -A f; cat -v f; cat f - < f | wc -l; cat none f; echo $?; cat f > f; stat -c %s f

### access tests
touch f; chmod 644 f; mkdir d; ln -s f l; mkfifo p; for t in -e -f -d -L -p -r -w -x -s -S -b -c -u -g -k -O -G; do
for n in f d l p none /dev/null; do test $t $n && echo -n "$t$n "; done; done; echo; test f -ef l; echo $?; touch -d @1 o; test f -nt o; echo $?
