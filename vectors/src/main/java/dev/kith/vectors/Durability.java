package dev.kith.vectors;

/** What an acknowledgement promises. */
public enum Durability {
    /** The write was forced to the disk before it was acknowledged. */
    FORCE,
    /** The write lives in this process only and is gone with it. */
    NONE
}
