package dev.kith.service;

import dev.kith.vectors.CollectionInfo;
import dev.kith.vectors.Target;
import dev.kith.vectors.Vectors;
import java.util.List;
import java.util.Optional;

/** The family of commands on whole collections. Safe on any thread. */
final class CollectionCommands {
    private final Vectors vectors;
    private final Names names;

    CollectionCommands(Vectors vectors, Names names) {
        this.vectors = vectors;
        this.names = names;
    }

    /** A chain of transforms that could never be learned is refused here, before anything depends on it. */
    CollectionInfo create(Caller caller, Command.Create command) {
        TransformOutline.of(command.spec());
        return vectors.create(names.own(caller, command.collection()), command.spec());
    }

    Optional<CollectionInfo> find(Caller caller, Command.Find command) {
        return names.find(caller, command.collection());
    }

    List<CollectionInfo> listAll(Caller caller) {
        return vectors.list(caller.tenant());
    }

    List<CollectionInfo> list(Caller caller, Command.ListCollections command) {
        return listAll(caller).stream()
                .filter(info -> info.name().namespace().equals(command.namespace()))
                .toList();
    }

    CollectionInfo alter(Caller caller, Command.Alter command) {
        return vectors.alter(names.resolve(caller, command.collection()), command.change());
    }

    /** Answers what the collection was right before. */
    CollectionInfo drop(Caller caller, Command.Drop command) {
        CollectionInfo last = names.require(caller, command.collection());
        vectors.drop(last.exactly());
        return last;
    }

    CollectionInfo reset(Caller caller, Command.Reset command) {
        vectors.reset(names.resolve(caller, command.collection()));
        return names.require(caller, command.collection());
    }

    long[] merge(Caller caller, Command.Merge command) {
        Target target = names.resolve(caller, command.target());
        List<Target> sources = command.sources().stream()
                .map(source -> names.resolve(caller, source))
                .toList();
        return vectors.merge(target, sources, command.keepIds());
    }
}
