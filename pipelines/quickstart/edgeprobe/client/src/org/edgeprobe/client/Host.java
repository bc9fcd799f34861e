package org.edgeprobe.client;

/** A host as its last report describes it. */
public record Host(String name, int processors, long availableBytes, boolean kvm, int guests) {
}
