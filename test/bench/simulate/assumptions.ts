/** What the model takes for granted of a fleet. Other fleets are others: change it here, and run the simulator. */
export interface Assumptions {
  /** Of a device's certificate (`profiles.device.days`). */
  readonly lifetimeDays: number;
  /** The part of its life after which it is renewed. The one before stays valid until its end. */
  readonly renewedAt: number;
  /** Devices that are lost, sold or broken into in a year, as a part of all: revoked, and replaced. */
  readonly lossPerYear: number;
  /** What the busiest hour of a day has of that day's renewals: people do it in the morning. */
  readonly morningShare: number;
  /** In so many days every device gets a new certificate after the CA's key had to be given up. */
  readonly exchangeDays: number;
  /** Of all devices, revoked within one hour, once in a while: a theft, a batch that was made wrong. */
  readonly worstHourShare: number;
  /** Connections of a device in a day, each a whole handshake. */
  readonly handshakesPerDay: number;
  /** What the busiest hour of a day has of its handshakes. */
  readonly handshakesShare: number;
  /** Devices for each nginx, with a hook of its own. */
  readonly devicesPerDoor: number;
  /** For so many years everything that was issued stays in the store: nothing is taken out. */
  readonly years: number;
}

export const ASSUMPTIONS: Assumptions = {
  lifetimeDays: 825,
  renewedAt: 2 / 3,
  lossPerYear: 0.03,
  morningShare: 0.3,
  exchangeDays: 7,
  worstHourShare: 0.001,
  handshakesPerDay: 20,
  handshakesShare: 0.1,
  devicesPerDoor: 100_000,
  years: 5,
};
