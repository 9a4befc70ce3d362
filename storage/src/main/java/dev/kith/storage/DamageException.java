package dev.kith.storage;

/** Bytes on the disk are not what was made durable there. */
public class DamageException extends StorageException {

    private static final long serialVersionUID = 1L;

    private final transient Damage damage;

    public DamageException(Damage damage) {
        super(damage.toString());
        this.damage = damage;
    }

    /** For a {@link RecordLog.Visitor} that cannot make sense of a record; the log adds file and offset. */
    public DamageException(String found) {
        this(new Damage("", 0, found));
    }

    public Damage damage() {
        return damage;
    }
}
