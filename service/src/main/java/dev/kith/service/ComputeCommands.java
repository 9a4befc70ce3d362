package dev.kith.service;

import dev.kith.engine.cluster.KMeans;
import dev.kith.engine.transform.Transforms;
import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.ElementType;
import dev.kith.vectors.IndexSpec;
import dev.kith.vectors.Points;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.VectorBlock;
import dev.kith.vectors.Vectors;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The family of commands that compute: clustering, training, transforming. The work runs on the compute threads, so
 * that it does not hold up the small ones; the caller waits for it. Safe on any thread.
 */
final class ComputeCommands {
    /** Longest that one computation is waited for, queueing included: a runaway ends here. */
    private static final Duration WAIT_MAX = Duration.ofMinutes(2);
    /** Stored points that a transform learns from when nobody trained it: enough for 1,024 dimensions. */
    static final int OWN_SAMPLES_MAX = 10_000;
    /** Seed of every clustering, so that equal requests get equal answers. */
    private static final long SEED = 1234;

    private final Vectors vectors;
    private final Names names;
    private final ExecutorService compute;

    ComputeCommands(Vectors vectors, Names names, ExecutorService compute) {
        this.vectors = vectors;
        this.names = names;
        this.compute = compute;
    }

    Command.Clusters cluster(Command.Cluster command) {
        Command.Clustering asked = command.clustering();
        var settings = new KMeans.Settings(asked.count(), asked.metric(), asked.iterations(), SEED);
        KMeans.Result found = run(() -> KMeans.cluster(command.vectors(), settings));
        return new Command.Clusters(found.centroids(), found.assignments(), found.sizes(), found.objective());
    }

    CollectionInfo train(Caller caller, Command.Train command) {
        CollectionInfo info = names.require(caller, command.collection());
        requireShape(info, command.samples());
        return train(info, command.samples());
    }

    VectorBlock.Floats transform(Caller caller, Command.Transform command) {
        CollectionInfo info = names.require(caller, command.collection());
        requireShape(info, command.vectors());
        IndexSpec index = info.spec().index();
        Transforms transforms = Transforms.of(index.transform(), info.spec().dimension());
        if (!transforms.learnedIn(info.spec().attributes())) {
            info = train(info, ownSamples(info));
        }
        var attributes = info.spec().attributes();
        return run(() -> transforms.apply(command.vectors(), attributes));
    }

    private CollectionInfo train(CollectionInfo info, VectorBlock samples) {
        Transforms transforms =
                Transforms.of(info.spec().index().transform(), info.spec().dimension());
        TrainingNote note = new TrainingNote(true, samples.count());
        if (!(samples instanceof VectorBlock.Floats floats) || transforms.isEmpty()) {
            return vectors.alter(info.exactly(), note::writtenInto);
        }
        var learned = run(() -> transforms.learn(floats));
        return vectors.alter(
                info.exactly(), spec -> note.writtenInto(spec.withAttributes(learned.apply(spec.attributes()))));
    }

    private VectorBlock ownSamples(CollectionInfo info) {
        Points points = vectors.scan(info.exactly(), 0, OWN_SAMPLES_MAX);
        if (points.vectors().count() == 0) {
            throw new Rejection(
                    Rejection.Code.CONFLICT, "The transform is not trained, and there are no points to train it on");
        }
        return points.vectors();
    }

    private static void requireShape(CollectionInfo info, VectorBlock block) {
        ElementType element = info.spec().element();
        if (block.element() != element) {
            throw Rejection.invalid("The collection has %s vectors, not %s".formatted(element, block.element()));
        }
        if (block.dimension() != info.spec().dimension()) {
            throw Rejection.invalid("Vector dimension mismatch. Expected %d, got %d"
                    .formatted(info.spec().dimension(), block.dimension()));
        }
        if (block.count() == 0) {
            throw Rejection.invalid("No vectors were given");
        }
    }

    private <T> T run(Callable<T> work) {
        Future<T> future;
        try {
            future = compute.submit(work);
        } catch (RejectedExecutionException full) {
            throw new Rejection(Rejection.Code.EXHAUSTED, "Too many computations are waiting; try again later");
        }
        try {
            return future.get(WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            throw new Rejection(
                    Rejection.Code.EXHAUSTED,
                    "The computation was not done within %d s".formatted(WAIT_MAX.toSeconds()));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new Rejection(Rejection.Code.UNAVAILABLE, "The server is stopping");
        } catch (CancellationException stopped) {
            throw new Rejection(Rejection.Code.UNAVAILABLE, "The server is stopping");
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof Rejection refused) {
                throw refused;
            }
            throw new IllegalStateException("A computation failed", failed.getCause());
        } finally {
            future.cancel(true);
        }
    }
}
