"""Reading and changing files."""

from attack_programs.program import REJECTED, python, raw

# In the first phase, opening fails as if there were no such file: the compiler looks for some.
PROGRAMS = [
    python("read a file", "return {'leak': np.frombuffer(open(SECRET, 'rb').read(), np.int8)}", compile=REJECTED),
    python("open a file by descriptor", "os.open(SECRET, os.O_RDONLY)", compile=REJECTED),
    python("read a file with numpy", "return {'leak': np.fromfile(SECRET, np.int8)}", compile=REJECTED),
    python("map a file", "return {'leak': np.array(np.memmap(SECRET, np.int8))}", compile=REJECTED),
    python("write a file", "open(DROP + '/file', 'w').write('x')", compile=REJECTED),
    python("save an array", "np.save(DROP + '/array.npy', np.zeros(3))", compile=REJECTED),
    python("list a directory", "os.listdir('/')", compile=REJECTED),
    python("look at a file", "os.stat(SECRET)", compile=REJECTED),
    python("read the map of the own memory", "open('/proc/self/maps').read()", compile=REJECTED),
    python("delete a file", "os.unlink(SECRET)"),
    python("overwrite a file by truncation", "os.truncate(SECRET, 0)"),
    python("rename a file", "os.rename(SECRET, DROP + '/renamed')"),
    python("link a file", "os.symlink(SECRET, DROP + '/link')"),
    python("make a directory", "os.mkdir(DROP + '/directory')"),
    python("make a pipe with a name", "os.mkfifo(DROP + '/pipe')"),
    python("change the mode of a file", "os.chmod(SECRET, 0o777)"),
    python("change the working directory", "os.chdir(DROP)"),
    python("make a file in memory", "os.memfd_create('x')"),
    raw("open a file by a new system call", 437, "-100, SECRET.encode(), 0, 0"),
    raw("open a file by its handle", 303, "-100, SECRET.encode(), 0, 0, 0"),
]
