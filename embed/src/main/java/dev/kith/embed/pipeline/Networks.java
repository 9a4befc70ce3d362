package dev.kith.embed.pipeline;

import java.util.Map;

/** The networks of one model, by the role that each has in it. Safe on any thread; a call computes on its caller's. */
public interface Networks {
    /** The role of the only network of a model that has one. */
    String ONLY = "network";

    /**
     * Asks one network.
     *
     * @param role which, as the descriptor names it
     * @param inputs by the network's own names
     * @return all its outputs, by the network's own names
     */
    Map<String, Tensor.Floats> run(String role, Map<String, Tensor> inputs);

    /** The same networks, which give the memory that a call needed back at its end instead of keeping it. */
    default Networks sparing() {
        return this;
    }
}
