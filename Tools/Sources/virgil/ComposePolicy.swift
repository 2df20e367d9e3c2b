// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import CarriedImage

extension FailurePolicy.Action: ExpressibleByArgument {}
extension FailurePolicy.Level: ExpressibleByArgument {}

/// What a carried image does when something goes wrong between the kernels.
struct PolicyOptions: ParsableArguments {
  @Option(help: "What the emulator does after it has reported a failure or a fault; reset by default.")
  var onFailure: FailurePolicy.Action?

  @Option(help: "The least important lines that the emulator writes to the console; notice by default.")
  var consoleLevel: FailurePolicy.Level?

  @Option(help: "The same for the log that the next kernel shows under efivarfs, as VirgilLog; debug by default.")
  var logLevel: FailurePolicy.Level?

  var policy: FailurePolicy {
    var policy = FailurePolicy()
    policy.onFailure = onFailure ?? policy.onFailure
    policy.consoleLevel = consoleLevel ?? policy.consoleLevel
    policy.logLevel = logLevel ?? policy.logLevel
    return policy
  }
}
