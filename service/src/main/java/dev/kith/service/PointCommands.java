package dev.kith.service;

import dev.kith.vectors.Hits;
import dev.kith.vectors.Neighbours;
import dev.kith.vectors.Points;
import dev.kith.vectors.Put;
import dev.kith.vectors.Vectors;
import java.util.List;

/** The family of commands on points: storing, removing, searching and reading back. Safe on any thread. */
final class PointCommands {
    private final Vectors vectors;
    private final Names names;

    PointCommands(Vectors vectors, Names names) {
        this.vectors = vectors;
        this.names = names;
    }

    Put.Result store(Caller caller, Command.Store command) {
        return vectors.put(names.resolve(caller, command.collection()), command.put());
    }

    Long revise(Caller caller, Command.Revise command) {
        return vectors.revise(names.resolve(caller, command.collection()), command.revision());
    }

    Long delete(Caller caller, Command.Delete command) {
        return vectors.delete(names.resolve(caller, command.collection()), command.selection());
    }

    List<Hits> search(Caller caller, Command.Search command) {
        return vectors.search(names.resolve(caller, command.collection()), command.query());
    }

    List<Neighbours> neighbours(Caller caller, Command.FindNeighbours command) {
        return vectors.neighbours(names.resolve(caller, command.collection()), command.query());
    }

    Points get(Caller caller, Command.Get command) {
        return vectors.get(names.resolve(caller, command.collection()), command.ids());
    }

    Points getByKeys(Caller caller, Command.GetByKeys command) {
        return vectors.getByKeys(names.resolve(caller, command.collection()), command.keys());
    }

    Points getByVectors(Caller caller, Command.GetByVectors command) {
        return vectors.getByVectors(names.resolve(caller, command.collection()), command.vectors());
    }

    Points select(Caller caller, Command.Select command) {
        return vectors.select(
                names.resolve(caller, command.collection()), command.filter(), command.afterId(), command.limit());
    }

    Points scan(Caller caller, Command.Scan command) {
        return vectors.scan(names.resolve(caller, command.collection()), command.start(), command.limit());
    }

    Points scanByKey(Caller caller, Command.ScanByKey command) {
        return vectors.scanByKey(names.resolve(caller, command.collection()), command.after(), command.limit());
    }

    List<Put.Key> keys(Caller caller, Command.ListKeys command) {
        return vectors.keys(names.resolve(caller, command.collection()), command.after(), command.limit());
    }
}
