package dev.kith.engine.segment;

/**
 * What a checkpoint knows of a file that it names, so that no other file is taken for it.
 *
 * @param number in the file's name
 * @param bytes of the file
 * @param checksum of the file's header, which has those of all the rest
 */
public record FileRef(long number, long bytes, int checksum) {}
