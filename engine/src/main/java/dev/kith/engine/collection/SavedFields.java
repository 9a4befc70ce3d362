package dev.kith.engine.collection;

import dev.kith.engine.segment.FileRef;
import dev.kith.engine.segment.KeptBlock;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Which blocks of payload indexes are in which files. Blocks never change, so only new ones are written, into one more
 * file, until much of what the files have is of no use any more. Immutable.
 */
record SavedFields(Map<KeptBlock, FileRef> places) {
    static final SavedFields NONE = new SavedFields(Map.of());

    /** A start opens all of them. */
    private static final int FILES_MAX = 16;
    /** Rows of a field that are indexed anew in some ten milliseconds. */
    private static final int ROWS_MIN = 1 << 16;

    private static final int UNSAVED_SHARE = 4;

    SavedFields {
        places = Map.copyOf(places);
    }

    List<FileRef> files() {
        return places.values().stream()
                .distinct()
                .sorted(java.util.Comparator.comparingLong(FileRef::number))
                .toList();
    }

    /** Whether so much of the blocks is in no file that a checkpoint is to be made for them. */
    boolean isWorthWriting(List<? extends KeptBlock> blocks) {
        long all = 0;
        long unsaved = 0;
        for (KeptBlock block : blocks) {
            all += block.count();
            unsaved += places.containsKey(block) ? 0 : block.count();
        }
        return unsaved >= Math.max(ROWS_MIN, all / UNSAVED_SHARE);
    }

    /**
     * The places of these blocks, after those that have none were written.
     *
     * @param write puts blocks into a new file
     */
    SavedFields with(List<? extends KeptBlock> blocks, Function<List<? extends KeptBlock>, FileRef> write) {
        Map<KeptBlock, FileRef> next = new HashMap<>();
        long needed = 0;
        for (KeptBlock block : blocks) {
            FileRef file = places.get(block);
            if (file != null) {
                next.put(block, file);
                needed += block.bytes();
            }
        }
        Set<FileRef> files = new HashSet<>(next.values());
        long there = files.stream().mapToLong(FileRef::bytes).sum();
        if (files.size() == FILES_MAX || there > 2 * needed) {
            next.clear();
        }
        List<? extends KeptBlock> missing =
                blocks.stream().filter(block -> !next.containsKey(block)).toList();
        if (!missing.isEmpty()) {
            FileRef written = write.apply(missing);
            missing.forEach(block -> next.put(block, written));
        }
        return new SavedFields(next);
    }
}
