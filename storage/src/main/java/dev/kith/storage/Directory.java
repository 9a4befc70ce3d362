package dev.kith.storage;

import java.util.List;

/**
 * A folder and the files in it. The real one is {@link FileDirectory}; the tests have one that forgets what was not
 * forced. Any thread may call it. Every failure of the disk is a {@link StorageException} that names the file.
 *
 * <p>What survives a loss of power: a file's bytes up to its last {@link StorageFile#force}, and the names in a folder
 * (created, renamed, deleted) up to the folder's last {@link #force}. The two are separate, and nothing else is
 * promised.
 *
 * <p>Names are the program's own and never a client's text: {@link #checked} refuses what is not one.
 */
public interface Directory {

    /** The longest name of a file or folder, in characters; far below what any file system takes. */
    int NAME_LENGTH_MAX = 64;

    /** How a file is opened. */
    enum Mode {
        /** For reading and writing; it must not exist, and is there, empty, afterwards. */
        CREATE_NEW,
        /** For reading and writing; it must exist. */
        WRITE,
        /** For reading; it must exist. */
        READ
    }

    /** The data's lock against other processes, held until it is closed. */
    interface Lock extends AutoCloseable {
        @Override
        void close();
    }

    /** The folder of that name in this one; it is not created, and need not exist. */
    Directory folder(String name);

    /**
     * Creates this folder, and the folders above it, where they are missing, and forces the names of those created and
     * of this one. Folders above it that are there are taken for durable: call this on each of them once, at the start.
     */
    void create();

    boolean exists();

    /** The names of the files and folders in here, sorted; empty when this folder does not exist. */
    List<String> names();

    /** The caller closes it. */
    StorageFile open(String name, Mode mode);

    /** Deletes a file; one that is not there is no fault. {@link #force} makes it durable. */
    void delete(String name);

    /** Deletes a folder with all that is in it, and forces this folder; one that is not there is no fault. */
    void deleteFolder(String name);

    /** Gives a file of this folder another name, atomically; a file that has that name is replaced. */
    void rename(String from, String to);

    /** Makes the names in this folder durable. */
    void force();

    /**
     * Locks a file of that name, created where it is missing, against every other process and every other caller in
     * this one.
     *
     * @throws StorageException when somebody holds it
     */
    Lock lock(String fileName);

    /** Where this folder is, for messages. */
    String path();

    /**
     * The name itself, when it is one to 64 characters out of {@code a-z 0-9 . _ -} and does not start with a dot.
     *
     * @throws IllegalArgumentException otherwise: such a name is a fault of ours
     */
    static String checked(String name) {
        if (!isName(name)) {
            throw new IllegalArgumentException("Not a name of a file or folder: '" + name + "'");
        }
        return name;
    }

    /** Whether {@link #checked} takes the name. */
    static boolean isName(String name) {
        if (name.isEmpty() || name.length() > NAME_LENGTH_MAX || name.charAt(0) == '.') {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean ours = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
            if (!ours) {
                return false;
            }
        }
        return true;
    }
}
