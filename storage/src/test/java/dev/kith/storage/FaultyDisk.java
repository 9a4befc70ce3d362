package dev.kith.storage;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What all folders of one {@link FaultyDirectory} share. Its methods are synchronized: any thread may call. */
final class FaultyDisk {

    /** What a disk writes whole or not at all, bytes. */
    private static final int SECTOR_BYTES = 512;

    private final Folder root;
    private final Set<String> locked = new HashSet<>();
    private long calls;
    private long failAt = -1;
    private FaultyDirectory.Kind failure = FaultyDirectory.Kind.CRASH;
    private long capacity = Long.MAX_VALUE;
    private boolean off;

    FaultyDisk() {
        this(new Folder());
    }

    private FaultyDisk(Folder root) {
        this.root = root;
    }

    /** Bytes that grow. */
    static final class Bytes {
        private byte[] array = new byte[0];
        private int size;

        void write(byte[] from, int start, int count, long at) {
            int end = Math.toIntExact(at + count);
            if (end > array.length) {
                array = Arrays.copyOf(array, Math.max(end, 2 * array.length));
            }
            System.arraycopy(from, start, array, (int) at, count);
            size = Math.max(size, end);
        }

        void truncate(long bytes) {
            if (bytes < size) {
                Arrays.fill(array, (int) bytes, size, (byte) 0);
                size = (int) bytes;
            }
        }

        void flip(long offset, int bit) {
            array[Math.toIntExact(offset)] ^= (byte) (1 << bit);
        }

        byte[] content() {
            return Arrays.copyOf(array, size);
        }

        private Bytes copy() {
            Bytes copy = new Bytes();
            copy.array = array.clone();
            copy.size = size;
            return copy;
        }
    }

    private sealed interface Node permits File, Folder {}

    /** One write, or a truncation to {@code at} when there are no bytes. */
    private record Change(long at, byte @Nullable [] bytes) {
        private void apply(Bytes to) {
            if (bytes == null) {
                to.truncate(at);
            } else {
                to.write(bytes, 0, bytes.length, at);
            }
        }

        /** Applies what the policy keeps, sector by sector. */
        private void apply(Bytes to, FaultyDirectory.CrashPolicy policy) {
            if (bytes == null) {
                if (policy.keep()) {
                    to.truncate(at);
                }
                return;
            }
            int from = 0;
            while (from < bytes.length) {
                int count = (int) Math.min(bytes.length - from, SECTOR_BYTES - (at + from) % SECTOR_BYTES);
                if (policy.keep()) {
                    to.write(bytes, from, count, at + from);
                }
                from += count;
            }
        }
    }

    static final class File implements Node {
        private Bytes seen = new Bytes();
        private Bytes durable = new Bytes();
        private List<Change> unforced = new ArrayList<>();

        private void change(Change change) {
            change.apply(seen);
            unforced.add(change);
        }
    }

    /** A new name (or none, when there is no node) that may take the place of an old one. */
    private record Naming(
            String name, @Nullable Node node, @Nullable String gone) {
        private void apply(Map<String, Node> to) {
            if (gone != null) {
                to.remove(gone);
            }
            if (node == null) {
                to.remove(name);
            } else {
                to.put(name, node);
            }
        }
    }

    private static final class Folder implements Node {
        private final TreeMap<String, Node> seen = new TreeMap<>();
        private final TreeMap<String, Node> durable = new TreeMap<>();
        private final List<Naming> unforced = new ArrayList<>();

        private void change(Naming change) {
            change.apply(seen);
            unforced.add(change);
        }
    }

    static List<String> join(List<String> folder, String name) {
        List<String> joined = new ArrayList<>(folder);
        joined.add(name);
        return List.copyOf(joined);
    }

    synchronized void failAt(long call, FaultyDirectory.Kind kind) {
        failAt = call;
        failure = kind;
    }

    synchronized long calls() {
        return calls;
    }

    synchronized void capacity(long bytes) {
        capacity = bytes;
    }

    synchronized long used() {
        return used(root);
    }

    private static long used(Node node) {
        return switch (node) {
            case File file -> file.seen.size;
            case Folder folder ->
                folder.seen.values().stream().mapToLong(FaultyDisk::used).sum();
        };
    }

    synchronized FaultyDisk crash(FaultyDirectory.CrashPolicy policy) {
        off = true;
        return new FaultyDisk(survivor(root, policy, new IdentityHashMap<>()));
    }

    private static Folder survivor(Folder folder, FaultyDirectory.CrashPolicy policy, Map<Node, Node> done) {
        TreeMap<String, Node> left = new TreeMap<>(folder.durable);
        for (Naming naming : folder.unforced) {
            if (policy.keep()) {
                naming.apply(left);
            }
        }
        Folder survivor = new Folder();
        left.forEach((name, node) -> {
            Node found = done.get(node);
            if (found == null) {
                found = switch (node) {
                    case Folder inner -> survivor(inner, policy, done);
                    case File file -> survivor(file, policy);
                };
                done.put(node, found);
            }
            survivor.seen.put(name, found);
            survivor.durable.put(name, found);
        });
        return survivor;
    }

    private static File survivor(File file, FaultyDirectory.CrashPolicy policy) {
        File survivor = new File();
        survivor.durable = file.durable.copy();
        for (Change change : file.unforced) {
            change.apply(survivor.durable, policy);
        }
        survivor.seen = survivor.durable.copy();
        return survivor;
    }

    synchronized FaultyDisk kill() {
        off = true;
        FaultyDisk next = new FaultyDisk(root);
        next.capacity = capacity;
        return next;
    }

    synchronized void damage(List<String> names, String path, Consumer<Bytes> how) {
        File file = file(names, path);
        how.accept(file.seen);
        for (Change change : file.unforced) {
            change.apply(file.durable);
        }
        file.unforced.clear();
        how.accept(file.durable);
    }

    synchronized byte[] content(List<String> names, String path) {
        return file(names, path).seen.content();
    }

    private File file(List<String> names, String path) {
        Node node = root;
        for (String name : String.join("/", join(names, path)).split("/", -1)) {
            node = node instanceof Folder folder ? folder.seen.get(name) : null;
        }
        if (node instanceof File file) {
            return file;
        }
        throw new IllegalArgumentException("No file " + path + " in " + names);
    }

    synchronized @Nullable Object folderAt(List<String> names) {
        requirePower();
        return find(names);
    }

    private @Nullable Folder find(List<String> names) {
        Folder folder = root;
        for (String name : names) {
            if (!(folder.seen.get(name) instanceof Folder inner)) {
                return null;
            }
            folder = inner;
        }
        return folder;
    }

    private Folder require(List<String> names) {
        requirePower();
        Folder folder = find(names);
        if (folder == null) {
            throw new StorageException("/" + String.join("/", names) + ": no such folder");
        }
        return folder;
    }

    synchronized void createFolders(List<String> names) {
        Folder folder = root;
        int depth = 0;
        for (String name : names) {
            Folder outer = folder;
            boolean missing = !(outer.seen.get(name) instanceof Folder);
            depth++;
            if (missing) {
                step(name, () -> outer.change(new Naming(name, new Folder(), null)));
            }
            if (missing || depth == names.size()) {
                forceFolder(outer, name);
            }
            if (!(outer.seen.get(name) instanceof Folder inner)) {
                throw new IllegalStateException(name + " was created and is not there");
            }
            folder = inner;
        }
    }

    synchronized List<String> list(List<String> names) {
        requirePower();
        Folder folder = find(names);
        return folder == null ? List.of() : List.copyOf(folder.seen.keySet());
    }

    synchronized File open(List<String> names, String name, Directory.Mode mode) {
        Folder folder = require(names);
        Node found = folder.seen.get(name);
        if (mode != Directory.Mode.CREATE_NEW) {
            if (found instanceof File file) {
                return file;
            }
            throw new StorageException(name + ": no such file");
        }
        if (found != null) {
            throw new StorageException(name + ": the file is there already");
        }
        File created = new File();
        step(name, () -> folder.change(new Naming(name, created, null)));
        return created;
    }

    synchronized void delete(List<String> names, String name) {
        Folder folder = require(names);
        if (folder.seen.containsKey(name)) {
            step(name, () -> folder.change(new Naming(name, null, null)));
        }
    }

    synchronized void rename(List<String> names, String from, String to) {
        Folder folder = require(names);
        Node node = folder.seen.get(from);
        if (node == null) {
            throw new StorageException(from + ": no such file");
        }
        step(from, () -> folder.change(new Naming(to, node, from.equals(to) ? null : from)));
    }

    synchronized void forceFolder(List<String> names) {
        forceFolder(require(names), "/" + String.join("/", names));
    }

    private void forceFolder(Folder folder, String path) {
        FaultyDirectory.Kind fault = next();
        if (fault == null) {
            folder.unforced.forEach(naming -> naming.apply(folder.durable));
            folder.unforced.clear();
        }
        fail(fault, path);
    }

    synchronized Directory.Lock lock(String path) {
        requirePower();
        if (!locked.add(path)) {
            throw new StorageException(path + " is locked");
        }
        return () -> {
            synchronized (this) {
                locked.remove(path);
            }
        };
    }

    synchronized int read(File file, ByteBuffer into, long at) {
        requirePower();
        int count = Math.clamp(file.seen.size - at, 0, into.remaining());
        if (count > 0) {
            into.put(file.seen.array, (int) at, count);
        }
        return count;
    }

    synchronized long size(File file) {
        requirePower();
        return file.seen.size;
    }

    synchronized void write(File file, String path, byte[] bytes, long at) {
        FaultyDirectory.Kind fault = next();
        long room = capacity == Long.MAX_VALUE ? Long.MAX_VALUE : file.seen.size + Math.max(0, capacity - used());
        int count = bytes.length;
        if (fault != null && fault != FaultyDirectory.Kind.CRASH) {
            count /= 2;
        }
        boolean full = at + count > room;
        if (full) {
            count = Math.clamp(room - at, 0, count);
        }
        if (count > 0) {
            file.change(new Change(at, count == bytes.length ? bytes : Arrays.copyOf(bytes, count)));
        }
        fail(fault, path);
        if (full) {
            fail(FaultyDirectory.Kind.DISK_FULL, path);
        }
    }

    synchronized void truncate(File file, String path, long bytes) {
        step(path, () -> file.change(new Change(bytes, null)));
    }

    synchronized void force(File file, String path) {
        FaultyDirectory.Kind fault = next();
        if (fault == null) {
            file.unforced.forEach(change -> change.apply(file.durable));
            file.unforced.clear();
        }
        if (fault == FaultyDirectory.Kind.FAILED_FORCE) {
            file.unforced.removeIf(change -> change.bytes() != null);
        }
        fail(fault, path);
    }

    /** Counts a call and does it, unless it is to fail; one that the power goes at may be done. */
    private void step(String path, Runnable effect) {
        FaultyDirectory.Kind fault = next();
        if (fault == null || fault == FaultyDirectory.Kind.CRASH) {
            effect.run();
        }
        fail(fault, path);
    }

    private FaultyDirectory.@Nullable Kind next() {
        requirePower();
        calls++;
        return calls == failAt ? failure : null;
    }

    private void fail(FaultyDirectory.@Nullable Kind fault, String path) {
        if (fault == null) {
            return;
        }
        switch (fault) {
            case CRASH -> {
                off = true;
                throw new StorageException(path + ": the power went");
            }
            case IO_ERROR -> throw new StorageException(path + ": input/output error");
            case DISK_FULL -> throw new DiskFullException(path + ": no space left on device");
            case FAILED_FORCE -> throw new StorageException(path + ": force failed");
        }
    }

    private void requirePower() {
        if (off) {
            throw new StorageException("The power is off");
        }
    }
}
