internal import Glibc

/// A second of civil time, in UTC, as records and locks name it: `2026-11-24T14:03:12Z`
/// (RFC 3339, without fractions).
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Since 1970-01-01T00:00:00Z, without leap seconds.
    public var seconds: Int

    public init(seconds: Int) {
        self.seconds = seconds
    }

    public static var now: Timestamp { Timestamp(seconds: time(nil)) }

    public static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }
}

extension Timestamp: CustomStringConvertible {
    /// `2026-11-24T14:03:12Z`
    public var description: String { text(date: "-", time: ":") }

    /// `20261124T140312Z`: as a part of names.
    public var compact: String { text(date: "", time: "") }

    private func text(date: String, time: String) -> String {
        let day = CivilDay(sinceEpoch: seconds.flooredQuotient(86400))
        let second = seconds - seconds.flooredQuotient(86400) * 86400
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let year = String(day.year)
        let padding = String(repeating: "0", count: max(0, 4 - year.count))
        return "\(padding)\(year)\(date)\(two(day.month))\(date)\(two(day.day))"
            + "T\(two(second / 3600))\(time)\(two(second / 60 % 60))\(time)\(two(second % 60))Z"
    }

    /// Reads what ``description`` and ``compact`` write; `nil` for anything else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        let isCompact = bytes.count == 16
        guard isCompact || bytes.count == 20 else { return nil }
        let marks: [(Int, Character)] =
            isCompact
            ? [(8, "T"), (15, "Z")]
            : [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "Z")]
        guard marks.allSatisfy({ bytes[$0.0] == $0.1.asciiValue }) else { return nil }
        let places = Set(marks.map(\.0))
        let digits = bytes.indices.filter { !places.contains($0) }.map { bytes[$0] }
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        func number(_ range: Range<Int>) -> Int {
            range.reduce(0) { $0 * 10 + Int(digits[$1] - UInt8(ascii: "0")) }
        }
        let day = CivilDay(year: number(0..<4), month: number(4..<6), day: number(6..<8))
        let (hour, minute, second) = (number(8..<10), number(10..<12), number(12..<14))
        guard (1...12).contains(day.month), (1...day.lengthOfMonth).contains(day.day), hour < 24,
            minute < 60, second < 60
        else { return nil }
        seconds = day.sinceEpoch * 86400 + hour * 3600 + minute * 60 + second
    }
}

/// A day of the proleptic Gregorian calendar. Years are counted from March, so that the leap
/// day is the last one of a year, in eras of 400 years, which all have 146,097 days.
private struct CivilDay {
    var year: Int
    var month: Int
    var day: Int

    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    init(sinceEpoch days: Int) {
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var sinceEpoch: Int {
        let fromMarch = month <= 2 ? year - 1 : year
        let era = fromMarch.flooredQuotient(400)
        let yearOfEra = fromMarch - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    var lengthOfMonth: Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Int {
    fileprivate func flooredQuotient(_ divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
