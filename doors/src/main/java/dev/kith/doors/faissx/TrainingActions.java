package dev.kith.doors.faissx;

import dev.kith.service.Command;
import dev.kith.service.TrainingNote;
import dev.kith.service.TransformOutline;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Limits;
import dev.kith.vectors.Metric;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.VectorBlock;
import java.util.Map;

/** The actions that learn from vectors: training, transforms, clustering. */
final class TrainingActions {
    private static final String VECTORS = "vectors";
    private static final String TRAINING_MISMATCH = "Training vector dimension mismatch. Expected %d, got %d";
    private static final String WIDTH_MISMATCH = "Vector dimension mismatch: expected %d, got %d";
    private static final int ITERATIONS = 25;

    private TrainingActions() {}

    static Map<String, Action> actions() {
        return Map.of(
                "train_index", TrainingActions::train,
                "get_transform_info", TrainingActions::transformInfo,
                "apply_transform", TrainingActions::applyTransform,
                "compute_clustering", TrainingActions::cluster);
    }

    private static void train(Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.DOES_NOT_EXIST);
        VectorBlock samples = exchange.vectors(
                index,
                new VectorDecoder.Expectation(
                        "training_vectors", TRAINING_MISMATCH, index.dimension(), Limits.PUT_POINTS_MAX));
        if (samples.count() == 0) {
            throw new CodedException("TRAINING_ERROR", "Invalid training_vectors: none were given");
        }
        exchange.reply().text(Exchange.INDEX_ID, index.id()).integer("trained_with", samples.count());
        if (!index.requiresTraining()) {
            exchange.reply()
                    .flag("is_trained", true)
                    .flag("training_skipped", true)
                    .text("message", "Index %s needs no training".formatted(index.id()));
            return;
        }
        var trained = exchange.ask(new Command.Train(index.ref(), samples));
        long recommended = StatusActions.recommendedTraining(index.index());
        boolean enough = samples.count() >= recommended;
        exchange.reply()
                .flag("is_trained", TrainingNote.of(trained.spec()).trained())
                .flag("has_enough_vectors", enough)
                .text("message", "Index %s trained with %d vectors".formatted(index.id(), samples.count()));
        MsgpackWriter recommendation = exchange.reply().field("recommendation");
        if (enough) {
            recommendation.nil();
        } else {
            recommendation.text("At least %d training vectors are recommended".formatted(recommended));
        }
        MsgpackWriter info = exchange.reply().field("training_info").map(3);
        info.text("index_type").text(index.className());
        info.text("recommended_vectors").integer(recommended);
        info.text("served_by").text(trained.servedBy());
    }

    private static FaissIndex transformed(Exchange exchange) {
        FaissIndex index = exchange.index(Exchange.NOT_FOUND);
        if (index.index().transform().isEmpty()) {
            throw new CodedException("NOT_TRANSFORM_INDEX", "Index %s has no transform".formatted(index.id()));
        }
        return index;
    }

    private static void transformInfo(Exchange exchange) {
        FaissIndex index = transformed(exchange);
        TransformOutline outline = TransformOutline.of(index.spec());
        MsgpackWriter out =
                exchange.reply().field("transforms").array(outline.steps().size());
        int width = index.dimension();
        for (TransformOutline.Step step : outline.steps()) {
            boolean normalises = step.text().startsWith("NORM") || step.text().startsWith("L2norm");
            out.map(4);
            out.text("type").text(transformClass(step.text()));
            out.text("input_dimension").integer(step.input());
            out.text("output_dimension").integer(step.output());
            out.text("is_trained").bool(normalises || outline.learned());
            width = step.output();
        }
        exchange.reply()
                .text("type", "IndexPreTransform")
                .text(Exchange.INDEX_ID, index.id())
                .integer("input_dimension", index.dimension())
                .integer("output_dimension", width)
                .integer("chain_size", outline.steps().size())
                .flag("is_trained", index.isTrained());
        MsgpackWriter base = exchange.reply().field("base_index").map(3);
        base.text("type").text(IndexType.classNameOf(withoutTransform(index)));
        base.text("dimension").integer(width);
        base.text("ntotal").integer(index.points());
    }

    private static IndexSpec withoutTransform(FaissIndex index) {
        var spec = index.index();
        return new IndexSpec(spec.kind(), spec.metric(), "", spec.parameters());
    }

    private static String transformClass(String word) {
        if (word.startsWith("PCA")) {
            return "PCAMatrix";
        }
        return word.startsWith("OPQ") ? "OPQMatrix" : "NormalizationTransform";
    }

    private static void applyTransform(Exchange exchange) {
        FaissIndex index = transformed(exchange);
        VectorBlock given = exchange.vectors(VECTORS, index);
        if (!(given instanceof VectorBlock.Floats floats) || given.count() == 0) {
            throw Rejection.invalid("Invalid vectors: at least one float vector is needed");
        }
        VectorBlock.Floats result = exchange.ask(new Command.Transform(index.ref(), floats));
        exchange.reply()
                .integer("input_vectors", given.count())
                .integer("input_dimension", given.dimension())
                .integer("output_dimension", result.dimension());
        VectorWriter.rows(exchange.reply().field("transformed_vectors"), result);
    }

    private static void cluster(Exchange exchange) {
        FieldReader fields = exchange.fields();
        int count = fields.integer("n_clusters", 1, WireLimits.CLUSTERS_MAX);
        int iterations = fields.integerOr("niter", ITERATIONS, 1, WireLimits.ITERATIONS_MAX);
        String metric = fields.text("metric_type", "L2");
        if (!metric.equals("L2") && !metric.equals("IP") && !metric.equals("INNER_PRODUCT")) {
            throw Rejection.invalid("Invalid metric_type: L2, IP or INNER_PRODUCT");
        }
        var expected = new VectorDecoder.Expectation(VECTORS, WIDTH_MISMATCH, 0, Limits.PUT_POINTS_MAX);
        VectorBlock given = exchange.vectors(ElementType.FLOAT32, expected);
        if (!(given instanceof VectorBlock.Floats vectors) || given.count() < count) {
            throw Rejection.invalid("Invalid vectors: %d are fewer than %d clusters".formatted(given.count(), count));
        }
        var asked = new Command.Clustering(count, metric.equals("L2") ? Metric.L2 : Metric.INNER_PRODUCT, iterations);
        Command.Clusters found = exchange.ask(new Command.Cluster(vectors, asked));
        VectorWriter.rows(exchange.reply().field("centroids"), found.centroids());
        integers(exchange.reply().field("assignments"), found.assignments());
        integers(exchange.reply().field("cluster_sizes"), found.sizes());
        exchange.reply()
                .integer("n_clusters", count)
                .integer("dimension", vectors.dimension())
                .real("obj", found.objective());
    }

    private static void integers(MsgpackWriter out, int[] values) {
        out.array(values.length);
        for (int value : values) {
            out.integer(value);
        }
    }
}
