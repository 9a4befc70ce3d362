package dev.kith.engine.payload;

import dev.kith.engine.rows.MemoryBudget;
import dev.kith.engine.rows.RowView;
import dev.kith.engine.segment.FieldPart;
import dev.kith.engine.segment.FieldsTarget;
import dev.kith.engine.segment.FileRef;
import dev.kith.engine.segment.KeptBlock;
import dev.kith.vectors.FieldPath;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Blocks as they come from the files of a checkpoint: of each field that is indexed, from row 0 on without a gap, the
 * largest that there are. Their memory is taken from the budget as they come.
 */
public final class Restored implements FieldsTarget {
    private final RowView view;
    private final SortedSet<FieldPath> fields;
    private final MemoryBudget budget;
    private final Map<Kept, FileRef> blocks = new ConcurrentHashMap<>();

    Restored(RowView view, SortedSet<FieldPath> fields, MemoryBudget budget) {
        this.view = view;
        this.fields = fields;
        this.budget = budget;
    }

    @Override
    public List<FieldPart> choose(List<FieldPart> all) {
        Map<FieldPath, Map<Integer, FieldPart>> largest = new HashMap<>();
        for (FieldPart part : all) {
            largest.computeIfAbsent(part.field(), field -> new HashMap<>())
                    .merge(part.first(), part, (one, other) -> one.count() > other.count() ? one : other);
        }
        List<FieldPart> chosen = new ArrayList<>();
        for (FieldPath field : fields) {
            Map<Integer, FieldPart> parts = largest.getOrDefault(field, Map.of());
            for (FieldPart next = parts.get(0); next != null; next = parts.get(next.end())) {
                if (next.end() <= view.rowCount()) {
                    chosen.add(next);
                }
            }
        }
        return chosen;
    }

    @Override
    public boolean take(FieldPart part, ByteBuffer bytes) {
        Optional<FieldBlock> block = BlockCodec.decode(bytes, part.first(), part.count());
        block.ifPresent(one -> {
            budget.reserve(0, one.bytes());
            blocks.put(new Kept(part.field(), one), part.place().file());
        });
        return block.isPresent();
    }

    RowView view() {
        return view;
    }

    /** The blocks by field, each field's in the order of their rows. */
    Map<FieldPath, FieldBlock[]> byField() {
        Map<FieldPath, List<FieldBlock>> found = new HashMap<>();
        blocks.keySet().stream()
                .sorted(java.util.Comparator.comparingInt(Kept::first))
                .forEach(kept -> found.computeIfAbsent(kept.field(), field -> new ArrayList<>())
                        .add(kept.block()));
        Map<FieldPath, FieldBlock[]> arrays = new HashMap<>();
        found.forEach((field, list) -> arrays.put(field, list.toArray(FieldBlock[]::new)));
        return arrays;
    }

    /** Which file each block is in. */
    public Map<KeptBlock, FileRef> places() {
        return Map.copyOf(blocks);
    }

    /** Gives back what was taken. */
    public void discard() {
        blocks.keySet().forEach(kept -> budget.release(0, kept.block().bytes()));
        blocks.clear();
    }
}
