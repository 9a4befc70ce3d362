package dev.kith.storage;

/**
 * What stands before the body of a record in a log; {@link RecordFormat} draws its bytes.
 *
 * @param type what the body means, 1 to {@value RecordFormat#TYPE_MAX}; the log itself knows only its own marks
 * @param flags 32 bits for the type's use
 * @param collectionId whose log this is
 * @param epoch the collection's epoch, from 0
 * @param sequence number of the mutation, from 1; all its parts carry it
 * @param part which of the mutation's parts this is, from 0
 * @param parts how many parts the mutation has, from 1
 * @param wallClockMs when it was appended, ms since 1970; for people, never for order
 * @param lastForced logical offset before which all was durable when this record was appended
 */
public record RecordHeader(
        int type,
        int flags,
        long collectionId,
        long epoch,
        long sequence,
        int part,
        int parts,
        long wallClockMs,
        long lastForced) {

    public RecordHeader {
        if (type < 1 || type > RecordFormat.MARK || parts < 1 || part < 0 || part >= parts) {
            throw new IllegalArgumentException("type %d, part %d of %d".formatted(type, part, parts));
        }
        if (epoch < 0 || sequence < 0 || lastForced < 0) {
            throw new IllegalArgumentException(
                    "epoch %d, sequence %d, last forced %d".formatted(epoch, sequence, lastForced));
        }
    }

    /** Whether the mutation is whole with this part. */
    public boolean last() {
        return part == parts - 1;
    }
}
