# Archives and compression.

### tar
mkdir -p d/e; seq 100 > d/f; ln -s f d/l; ln d/f d/h; mkfifo d/p; chmod 4755 d/e; touch -h -d @1000000000 d/* d; tar cf t.tar d; tar tf t.tar | sort; TZ=UTC tar tvf t.tar | sort -k 6
rm -r d; tar xf t.tar; find d | sort | xargs stat -c '%A %h %F %n'; stat -c %Y d/f; cat d/h | md5sum

### tar to a pipe
mkdir -p a/b c; echo 1 > a/1; echo 2 > a/b/2; tar c -C a . | tar xv -C c | sort; find c | sort; tar cf - a/1 | tar xfO -; tar cf t a; tar xf t a/b -C c; find c | sort

### tar excludes
mkdir a; touch a/x a/y.o a/z; tar cf t --exclude '*.o' a; tar tf t | sort; echo a/x > list; tar cf t -T list; tar tf t; tar tf none; echo $?; echo junk > j; tar tf j; echo $?; tar xf t nothing; echo $?

### tar and owners
mkdir a; touch a/f; chown user:more a/f; tar cf t a; rm -r a; tar xf t; stat -c '%U %G' a/f; rm -r a; tar xof t; stat -c '%U %G' a/f; chmod 755 .; mkdir -m 777 o; setpriv --reuid=1000 --regid=1000 --clear-groups tar xf t -C o; stat -c '%U' o/a/f

### long names in tar
n=$(printf '%0120d' 1); mkdir $n; echo x > $n/$n; tar cf t $n; tar tf t | wc -c; rm -r $n; tar xf t; cat $n/$n

### gzip
seq 5000 > f; cp f g; gzip f; ls f*; gzip -dc f.gz | cmp - g; zcat f.gz | tail -n 1; gunzip f.gz; cmp f g; gzip -k f; ls f*; gzip f; echo $?; gzip -t f.gz; echo $?; printf junk > j.gz; gunzip j.gz; echo $?; gzip -c < g | gunzip | md5sum; gunzip -c none.gz; echo $?

### bzip2
seq 5000 > f; cp f g; bzip2 f; ls f*; bzcat f.bz2 | cmp - g; bunzip2 f.bz2; cmp f g; bzip2 -9 -c g | md5sum; head -c 100 g | bzip2 > t.bz2; truncate -s 40 t.bz2; bunzip2 t.bz2; echo $?

### xz and lzma
printf '\3757zXZ\0\0\4\346\326\264F\2\0!\1\26\0\0\0t/\345\243\1\0\5hello\n\0\0' > /dev/null; base64 -d > h.xz <<X
/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAFaGVsbG8KAAAA9fRxFMJRUJcAAR4G8FYfoR+2830BAAAAAARZWg==
X
xzcat h.xz; echo $?; unxz -k h.xz 2>&1; echo $?; ls; xz -t none; echo $?

### unzip
base64 -d > z.zip <<Z
UEsDBAoAAAAAAAAAIQA2YkuWAwAAAAMAAAABAAAAYWhpClBLAwQKAAAAAAAAACEAAAAAAAAAAAAAAAACAAAAZC9QSwECHgMKAAAAAAAAACEANmJLlgMAAAADAAAAAQAAAAAAAAAAAAAApIEAAAAAYVBLAQIeAwoAAAAAAAAAIQAAAAAAAAAAAAAAAAIAAAAAAAAAAAAQAO1BIgAAAGQvUEsFBgAAAAACAAIAXwAAAEIAAAAAAA==
Z
unzip -l z.zip; unzip z.zip; find . | sort; cat a; unzip -p z.zip a; unzip -o -q z.zip -d x; ls x; unzip none; echo $?

### cpio
mkdir -p d/e; seq 10 > d/f; ln -s f d/l; ln d/f d/h; mkfifo d/p; find d | sort | cpio -o -H newc > c; cpio -t < c | sort; rm -r d; cpio -i -d < c; find d | sort | xargs stat -c '%A %h %n'; cpio -iv < c | sort; mkdir x; find d | cpio -p -d x; find x | wc -l; echo junk | cpio -i; echo $?

### ar
echo 1 > a; echo 22 > b; touch -d @5 a b; ar rc l.a a b; ar t l.a; ar p l.a b; rm a b; ar x l.a; cat a b; ar t none; echo $?

### compressed tar
mkdir d; seq 2000 > d/f; for z in z j; do tar c${z}f t.$z d; tar t${z}f t.$z; rm -rf d; tar xf t.$z; md5sum d/f; done

### lzop
seq 3000 > f; lzop f; ls; rm f; lzop -d f.lzo; tail -n 1 f; lzop -c f | lzop -dc | md5sum

### rpm and dpkg
dpkg-deb -c none; echo $?; rpm2cpio none; echo $?; mkdir x; printf '!<arch>\n' > e.deb; dpkg-deb -f e.deb; echo $?
