import Hosts
import Playbook
import Resources
import TaskGraph
import Vocabulary

/// Tells a change that somebody made from one that the playbooks ask for, by what the host
/// remembers of the last time.
struct OriginReading {
    let wanted: AppliedStates.Wanted
    let resource: any Resource
    let plan: ResourcePlan

    init(wanted: AppliedStates.Wanted, _ resource: any Resource, _ plan: ResourcePlan) {
        self.wanted = wanted
        self.resource = resource
        self.plan = plan
    }

    /// - Parameter key: of the host's digests; without one nothing was ever applied.
    func finding(
        of task: TaskID, _ answers: Answers, key: Sensitive<String>?, _ work: HostTask
    ) -> TaskFinding {
        var finding = TaskFinding()
        if let key {
            finding.state = HostDigest.digest(of: wanted.fingerprint, key: key)
            for aspect in plan.aspects {
                guard let found = aspect.found, found != aspect.wanted else { continue }
                finding.observed[aspect.name] = AppliedStates.digest(of: found, in: aspect, key)
            }
        }
        guard !plan.changes.isEmpty else { return finding }
        let applied = try? answers.answer(AppliedProbe(directory: work.stateDirectory))
        guard let key, let last = applied?.states[task], !last.digest.isEmpty else {
            finding.origin = .new
            return finding
        }
        let origin = origin(since: last, key)
        finding.origin = origin
        finding.run = last.run
        guard origin.isDrift else { return finding }
        let since = last.confirmed ?? last.at
        finding.since = since
        if let changed = lastChange(answers), changed >= since { finding.changedAt = changed }
        return finding
    }

    private func origin(since last: AppliedStates.State, _ key: Sensitive<String>) -> ChangeOrigin {
        if HostDigest.digest(of: wanted.fingerprint, key: key) == last.digest {
            return plan.isDueByItself ? .intended : .foreign
        }
        // What is wanted has changed. What differs from what is wanted now may still be what was
        // applied then; what is neither is somebody else's.
        let isForeign = plan.aspects.contains { aspect in
            guard let found = aspect.found, found != aspect.wanted,
                let then = last.aspects[aspect.name]
            else { return false }
            return AppliedStates.digest(of: found, in: aspect, key) != then
        }
        return isForeign ? .both : .intended
    }

    private func lastChange(_ answers: Answers) -> Timestamp? {
        var path = resource.edits ?? resource.replaces
        if case .path(let own)? = resource.thing { path = own }
        guard let path, let answer = try? answers.answer(PathProbe(path)),
            let status = answer.status
        else { return nil }
        return Timestamp(seconds: Int(status.changed.components.seconds))
    }
}
