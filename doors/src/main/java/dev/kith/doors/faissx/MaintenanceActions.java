package dev.kith.doors.faissx;

import dev.kith.service.CollectionRef;
import dev.kith.service.Command;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Rejection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The actions that merge and tune. */
final class MaintenanceActions {
    /** Lists of an inverted file, as in a type string. */
    private static final int LISTS_MAX = 1_000_000;
    /** Of an inverted file's lists, levels 1, 2 and 3 probe one in this many… */
    private static final int[] PROBED_SHARE = {10, 5, 2};
    /** …and at most this many. */
    private static final int[] PROBED_MAX = {10, 50, 100};

    private static final double SAMPLE_RATIO = 0.5;

    private MaintenanceActions() {}

    static Map<String, Action> actions() {
        return Map.of(
                "merge_indices", MaintenanceActions::merge,
                "recluster_index", MaintenanceActions::recluster,
                "optimize_index", MaintenanceActions::optimize);
    }

    /**
     * Appends copies. Maps carry their ids, plain indexes count on. The two kinds do not mix in one merge: it could
     * neither keep all ids nor renumber them all.
     */
    private static void merge(Exchange exchange) {
        FaissIndex target = exchange.require(exchange.fields().indexId("target_index_id"), Exchange.NOT_FOUND);
        List<FaissIndex> sources = exchange.fields().indexIds("source_index_ids").stream()
                .map(id -> exchange.require(id, Exchange.NOT_FOUND))
                .toList();
        long maps = sources.stream().filter(FaissIndex::isIdMap).count();
        if (target.isIdMap() && maps != 0 && maps != sources.size()) {
            throw new Rejection(
                    Rejection.Code.CONFLICT, "Sources with ids and without cannot be merged at once; merge them apart");
        }
        for (FaissIndex source : sources) {
            requireAlike(target, source);
        }
        List<CollectionRef> refs = sources.stream().map(source -> source.ref()).toList();
        long[] added = exchange.ask(new Command.Merge(target.ref(), refs, target.isIdMap() && maps == sources.size()));
        long total = exchange.pointsNow(target);
        exchange.reply()
                .integer("ntotal", total)
                .text("message", "Merged %d indexes into %s".formatted(sources.size(), target.id()));
        writeStats(exchange.reply(), sources, added);
    }

    private static void requireAlike(FaissIndex target, FaissIndex source) {
        if (source.dimension() != target.dimension()) {
            throw Rejection.invalid("Vector dimension mismatch: expected %d, got %d (index %s)"
                    .formatted(target.dimension(), source.dimension(), source.id()));
        }
        if (source.isBinary() != target.isBinary()) {
            throw Rejection.invalid("Binary and float indexes cannot be merged (index %s)".formatted(source.id()));
        }
    }

    /** A source that was named twice has one entry with the sum. */
    private static void writeStats(Reply reply, List<FaissIndex> sources, long[] added) {
        Map<String, Long> sums = new LinkedHashMap<>();
        Map<String, String> types = new LinkedHashMap<>();
        for (int i = 0; i < added.length; i++) {
            sums.merge(sources.get(i).id(), added[i], Long::sum);
            types.put(sources.get(i).id(), sources.get(i).className());
        }
        MsgpackWriter out = reply.field("merged_stats").map(sums.size());
        sums.forEach((id, sum) -> {
            out.text(id).map(3);
            out.text("vectors_added").integer(sum);
            out.text("type").text(types.getOrDefault(id, ""));
            out.text("actual_added").integer(sum);
        });
    }

    /** The number of lists is recorded for the structure that will be built; nothing is clustered before that. */
    private static void recluster(Exchange exchange) {
        FieldReader fields = exchange.fields();
        FaissIndex index = exchange.index(Exchange.NOT_FOUND).own();
        int lists = fields.integer("n_clusters", 1, LISTS_MAX);
        double ratio = fields.numberOr("sample_ratio", SAMPLE_RATIO);
        if (ratio <= 0 || ratio > 1) {
            throw Rejection.invalid("Invalid sample_ratio: %s is not above 0 and at most 1".formatted(ratio));
        }
        requireInverted(index);
        long before = index.index().parameter("nlist", 0);
        exchange.ask(alter(index, "nlist", lists));
        exchange.reply()
                .integer("previous_nlist", before)
                .integer("new_nlist", lists)
                .integer("ntotal", index.points());
    }

    private static void requireInverted(FaissIndex index) {
        if (!StatusActions.isInverted(index.index())) {
            throw Rejection.invalid(
                    "Index %s is a %s: only inverted files have clusters".formatted(index.id(), index.className()));
        }
    }

    private static Command.Alter alter(FaissIndex index, String parameter, long value) {
        return new Command.Alter(
                index.ref(), spec -> spec.withIndex(spec.index().with(parameter, value)));
    }

    private static void optimize(Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.NOT_FOUND);
        int level = exchange.fields().integerOr("optimization_level", 1, 1, PROBED_MAX.length);
        IndexSpec spec = index.index();
        List<String> done = List.of();
        if (StatusActions.isInverted(spec)) {
            long share = spec.parameter("nlist", 1) / PROBED_SHARE[level - 1];
            long nprobe = Math.clamp(share, 1, PROBED_MAX[level - 1]);
            exchange.ask(alter(index.own(), "nprobe", nprobe));
            done = List.of("ivf_nprobe_set_to_" + nprobe);
        } else if (spec.kind() == IndexSpec.Kind.FLAT || spec.kind() == IndexSpec.Kind.BINARY_FLAT) {
            done = List.of("flat_index_no_optimization");
        }
        MsgpackWriter out = exchange.reply().field("optimizations").array(done.size());
        done.forEach(out::text);
        exchange.reply().text("index_type", index.className()).integer("optimization_level", level);
    }
}
