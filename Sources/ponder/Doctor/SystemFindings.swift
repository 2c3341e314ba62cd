import Compute

extension MachineExamination {
    /// What this process may have of descriptors, locked memory and disk.
    var limits: [MachineFinding] {
        var findings: [MachineFinding] = []
        if let limit = facts.descriptorLimits {
            var finding = MachineFinding(
                name: "descriptors", value: "\(Self.number(limit.soft)), at most \(Self.number(limit.hard))")
            if let hard = limit.hard, hard < 4_096 {
                finding.verdict = .warning
                finding.advice = "each connection takes one; raise the hard limit (ulimit -Hn, LimitNOFILE)"
            }
            findings.append(finding)
        }
        if let limit = facts.lockedMemory {
            findings.append(
                MachineFinding(
                    name: "locked memory",
                    value: limit.soft.map { "\(ByteCount(Int(clamping: $0)))" } ?? "unlimited", verdict: .note,
                    advice: "not needed: Ponder locks none"))
        }
        if let store = facts.store {
            var finding = MachineFinding(
                name: "model store", value: "\(ByteCount(store.freeByteCount)) free at \(store.folder)")
            if store.freeByteCount < 5 << 30 {
                finding.verdict = .warning
                finding.advice = "little room to fetch models; HF_HUB_CACHE names another folder"
            }
            findings.append(finding)
        }
        return findings
    }

    /// Libraries, clock, kernel, and who else is at work.
    var system: [MachineFinding] {
        let libraries = facts.libraries
        let isOld = libraries.openSSLMajor < 3
        return [
            openBLAS,
            MachineFinding(
                name: "OpenSSL", value: libraries.openSSL, verdict: isOld ? .warning : .fine,
                advice: isOld ? "OpenSSL 3 is what Ponder is made and tested with" : nil),
            MachineFinding(name: "zlib", value: libraries.zlib),
            clock,
            MachineFinding(name: "kernel", value: facts.kernel ?? "unknown", verdict: .note),
        ] + [governor, nodes, load].compactMap(\.self)
    }

    private var openBLAS: MachineFinding {
        guard let core = facts.openBLAS else {
            return MachineFinding(
                name: "OpenBLAS", value: "not installed", advice: "not needed: it is used by tests alone")
        }
        guard let type = facts.openBLASCoreType else {
            return MachineFinding(name: "OpenBLAS", value: core.name, advice: "used by tests alone")
        }
        let set = core.instructionSet
        let isSlower = set.map { $0 < min(kernels, .avx512BF16) } ?? false
        return MachineFinding(
            name: "OpenBLAS", value: "\(core.name), by OPENBLAS_CORETYPE=\(type)", verdict: isSlower ? .warning : .note,
            advice: isSlower
                ? "this processor has kernels for \(kernels): unset OPENBLAS_CORETYPE for training and comparisons"
                : "used by tests alone")
    }

    private var clock: MachineFinding {
        let source = facts.clockSource ?? "unknown"
        let isSlow = ["hpet", "acpi_pm", "jiffies"].contains(source)
        return MachineFinding(
            name: "clock", value: source, verdict: isSlow ? .warning : .fine,
            advice: isSlow ? "each look at it is a system call: times cost and mislead" : nil)
    }

    private var governor: MachineFinding? {
        facts.governor.map { governor in
            let saves = governor == "powersave"
            return MachineFinding(
                name: "frequency", value: governor, verdict: saves ? .note : .fine,
                advice: saves ? "measurements want the governor performance" : nil)
        }
    }

    private var nodes: MachineFinding? {
        facts.nodes.flatMap { nodes in
            guard nodes != "0" else { return nil }
            return MachineFinding(
                name: "NUMA nodes", value: nodes, verdict: .note,
                advice: "numactl --interleave=all spreads the weights over all of them")
        }
    }

    private var load: MachineFinding? {
        guard let average = facts.load?.split(separator: " ").first.flatMap({ Double($0) }) else { return nil }
        let isBusy = average > Double(facts.limits.coreCount) * 0.75
        return MachineFinding(
            name: "load", value: "\(average)", verdict: isBusy ? .warning : .fine,
            advice: isBusy ? "others are at work: what was measured here is less than the machine can do" : nil)
    }

    private static func number(_ value: UInt64?) -> String { value.map { "\($0)" } ?? "unlimited" }
}
