package dev.kith.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.CollectionName;
import dev.kith.vectors.CollectionSpec;
import dev.kith.vectors.FieldPath;
import dev.kith.vectors.Filter;
import dev.kith.vectors.Hits;
import dev.kith.vectors.Points;
import dev.kith.vectors.Put;
import dev.kith.vectors.Query;
import dev.kith.vectors.Rejection;
import dev.kith.vectors.Selection;
import dev.kith.vectors.Vectors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.Function;

/**
 * One call, as the engine answers it and as the model does.
 *
 * @param text for messages
 */
record Step(String text, Function<Vectors, String> real, Function<World, String> model) {

    static Step create(CollectionName name, CollectionSpec spec) {
        return new Step(
                "create " + name + " " + spec,
                engine -> {
                    CollectionInfo made = engine.create(name, spec);
                    // It is made, though the disk may have failed when it was opened for the first time.
                    assertThat(made.unavailable().isPresent() ? 0 : made.points())
                            .isZero();
                    return "created";
                },
                world -> world.create(name, spec));
    }

    static Step alter(CollectionName name, String parameter, long value) {
        return new Step(
                "alter " + name,
                engine -> engine.alter(name, spec -> spec.withIndex(spec.index().with(parameter, value)))
                        .spec()
                        .toString(),
                world -> world.alter(name, parameter, value));
    }

    static Step index(CollectionName name, SortedSet<FieldPath> fields) {
        return new Step(
                "index %s of %s".formatted(fields, name),
                engine -> engine.alter(name, spec -> spec.withPayloadIndexes(fields))
                        .spec()
                        .toString(),
                world -> world.index(name, fields));
    }

    static Step drop(CollectionName name) {
        return new Step(
                "drop " + name,
                engine -> {
                    engine.drop(name);
                    return "dropped";
                },
                world -> world.drop(name));
    }

    static Step put(CollectionName name, Put put) {
        return new Step(
                "put %d into %s, %s, ids %s, keys %s, instead of %s"
                        .formatted(
                                put.vectors().count(),
                                name,
                                put.known(),
                                put.ids().map(Arrays::toString).orElse("counted"),
                                put.keys().stream().map(Put.Key::text).toList(),
                                put.instead()),
                engine -> {
                    Put.Result result = engine.put(name, put);
                    return "%s existed %s of %d"
                            .formatted(
                                    Arrays.toString(result.ids()), Arrays.toString(result.existed()), result.points());
                },
                world -> world.put(name, put));
    }

    static Step delete(CollectionName name, Selection selection) {
        return new Step(
                "delete %s from %s"
                        .formatted(
                                selection instanceof Selection.Ids(long[] ids) ? Arrays.toString(ids) : selection,
                                name),
                engine -> "removed " + engine.delete(name, selection),
                world -> world.delete(name, selection));
    }

    static Step reset(CollectionName name) {
        return new Step(
                "reset " + name,
                engine -> {
                    engine.reset(name);
                    return "reset";
                },
                world -> world.reset(name));
    }

    static Step merge(CollectionName target, List<CollectionName> sources, boolean keepIds) {
        return new Step(
                "merge %s into %s, keeping ids: %s".formatted(sources, target, keepIds),
                engine -> "merged " + Arrays.toString(engine.merge(target, sources, keepIds)),
                world -> world.merge(target, sources, keepIds));
    }

    static Step checkpoint(CollectionName name) {
        return new Step(
                "checkpoint of " + name,
                engine -> ((Engine) engine).checkpoint(name) ? "made" : "not made",
                world -> world.checkpoint(name));
    }

    static Step compact(CollectionName name) {
        return new Step(
                "compaction of " + name,
                engine -> ((Engine) engine).compact(name) ? "made" : "not made",
                world -> world.checkpoint(name));
    }

    static Step search(CollectionName name, Query query) {
        return new Step(
                "search %s %s where %s".formatted(name, query.reach(), query.filter()),
                engine -> text(engine.search(name, query)),
                world -> world.search(name, query));
    }

    static Step select(CollectionName name, Filter filter, long afterId, int limit) {
        return new Step(
                "select %s of %s after %d, %d".formatted(filter, name, afterId, limit),
                engine ->
                        World.lines(engine.select(name, filter, afterId, limit)).toString(),
                world -> world.select(name, filter, afterId, limit));
    }

    static Step scan(CollectionName name, long start, int limit) {
        return new Step(
                "scan %s from %d, %d".formatted(name, start, limit),
                engine -> World.lines(engine.scan(name, start, limit)).toString(),
                world -> world.scan(name, start, limit));
    }

    static Step scanByKey(CollectionName name, Optional<Put.Key> after, int limit) {
        return new Step(
                "scan %s by key after %s, %d".formatted(name, after.map(Put.Key::text), limit),
                engine -> {
                    Points points = engine.scanByKey(name, after, limit);
                    assertThat(engine.keys(name, after, limit)).isEqualTo(points.keys());
                    return World.lines(points).toString();
                },
                world -> world.scanByKey(name, after, limit));
    }

    static Step get(CollectionName name, long[] ids) {
        return new Step(
                "get %s of %s".formatted(Arrays.toString(ids), name),
                engine -> World.lines(engine.get(name, ids)).toString(),
                world -> world.get(name, ids));
    }

    private static String text(List<Hits> found) {
        List<String> lines = new ArrayList<>();
        for (Hits hits : found) {
            List<String> line = new ArrayList<>();
            for (int i = 0; i < hits.count(); i++) {
                line.add(hits.ids()[i] + "=" + (hits.scores()[i] + 0f));
            }
            lines.add(line.toString());
        }
        return lines.toString();
    }

    /** The answer, or the code of the refusal. */
    String answer(Vectors engine) {
        return answer(real, engine);
    }

    /** What the answer should be; the model then is as after the call. */
    String expected(World world) {
        return answer(model, world);
    }

    private static <T> String answer(Function<T, String> call, T on) {
        try {
            return call.apply(on);
        } catch (Rejection refused) {
            return refused.code().toString();
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
