import Glibc

/// A point in time, to the millisecond, as records write it: `2026-11-24T14:03:12.345Z`.
public struct Moment: Hashable, Sendable, Comparable {
    /// Since 1970, in UTC.
    public let milliseconds: Int

    public init(milliseconds: Int) {
        self.milliseconds = milliseconds
    }

    public static var now: Moment {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Moment(milliseconds: time.tv_sec * 1000 + time.tv_nsec / 1_000_000)
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.milliseconds < right.milliseconds
    }

    public func adding(seconds: Double) -> Moment {
        Moment(milliseconds: milliseconds + Int((seconds * 1000).rounded()))
    }

    public func seconds(since other: Moment) -> Double {
        Double(milliseconds - other.milliseconds) / 1000
    }
}

extension Moment: CustomStringConvertible {
    struct Fields {
        var year, month, day, hour, minute, second, millisecond: Int
    }

    /// Gregorian, by Howard Hinnant's `civil_from_days`.
    var fields: Fields {
        func floor(_ value: Int, _ by: Int) -> (Int, Int) {
            let rest = ((value % by) + by) % by
            return ((value - rest) / by, rest)
        }
        let (seconds, millisecond) = floor(milliseconds, 1000)
        let (days, ofDay) = floor(seconds, 86400)
        let (era, ofEra) = floor(days + 719_468, 146_097)
        let year = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let shifted = (5 * ofYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return Fields(
            year: year + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: ofYear - (153 * shifted + 2) / 5 + 1, hour: ofDay / 3600,
            minute: ofDay / 60 % 60, second: ofDay % 60, millisecond: millisecond)
    }

    public var description: String {
        let time = fields
        return "\(padded(time.year, 4))-\(padded(time.month))-\(padded(time.day))"
            + "T\(padded(time.hour)):\(padded(time.minute)):\(padded(time.second))"
            + ".\(padded(time.millisecond, 3))Z"
    }

    /// `2026-11-24 14:03:12`
    public var inWords: String {
        let text = description
        return text.prefix(10) + " " + text.dropFirst(11).prefix(8)
    }

    /// Reads what ``description`` writes.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 24 else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for byte in bytes[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let millisecond = number(20..<23)
        else { return nil }
        // `days_from_civil`, the inverse.
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let ofEra = shiftedYear - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
        milliseconds = ((days * 24 + hour) * 3600 + minute * 60 + second) * 1000 + millisecond
        // What is no date (a 30th of February), or has other marks in between, reads otherwise.
        guard description == text else { return nil }
    }
}

func padded(_ value: Int, _ width: Int = 2) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}
