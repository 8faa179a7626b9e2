import Foundation

/// The day from which on an adapter is to be judged again.
///
/// An adapter is good for one base and one state of a writer's voice, and both move on without telling it. Half a
/// year is about the time in which a base of a size that trains on a CPU is followed by a better one; a date in the
/// record makes sure that someone asks.
public enum Sunset {
  /// The day so many days after a date, in UTC, as "2027-05-20".
  public static func day(_ days: Int, after date: Date) -> String {
    date.addingTimeInterval(Double(days) * 86_400).formatted(.iso8601.year().month().day())
  }
}
