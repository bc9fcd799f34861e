package org.edgeprobe.client;

import java.util.Comparator;
import java.util.Optional;

/** Chooses the host for a new guest. */
public final class Placement {
    private Placement() {
    }

    /**
     * The host with KVM and enough memory that runs the fewest guests; of several the one with most memory available, and
     * of these the first by name. Empty where no host fits.
     */
    public static Optional<Host> choose(Report report, long neededBytes) {
        return report.hosts().stream()
                .filter(host -> host.kvm() && host.availableBytes() >= neededBytes)
                .min(Comparator.comparingInt(Host::guests)
                        .thenComparing(Comparator.comparingLong(Host::availableBytes).reversed())
                        .thenComparing(Host::name));
    }
}
