/**
 * What models there are: their descriptors, where their files are, and how they come there. Runs nothing. May import
 * {@code embed} and {@code vectors}. Any thread; reading and installing block on the disk, pulling on the network.
 */
@NullMarked
package dev.kith.embed.models;

import org.jspecify.annotations.NullMarked;
