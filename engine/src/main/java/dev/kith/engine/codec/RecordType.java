package dev.kith.engine.codec;

/** Types of the records that the engine writes. The numbers are final: they stand on disks. */
public final class RecordType {
    /** Points to store; body: {@link PutCodec}. The last parts of the mutation may remove points that give way. */
    public static final int PUT = 1;
    /** Ids to remove; body: {@link DeleteCodec}. */
    public static final int DELETE = 2;
    /** All points go and a new epoch starts, which the header names; no body. */
    public static final int RESET = 3;
    /** In the catalogue: a collection begins; body: its entry as an object. */
    public static final int CREATE = 16;
    /** In the catalogue: a collection's specification changes; body: its entry as an object. */
    public static final int ALTER = 17;
    /** In the catalogue: a collection ends; body: its entry as an object. */
    public static final int DROP = 18;

    private RecordType() {}
}
