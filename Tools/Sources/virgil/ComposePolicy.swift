// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import ArgumentParser
import CarriedImage

extension FailurePolicy.Action: ExpressibleByArgument {}
extension FailurePolicy.Level: ExpressibleByArgument {}

/// What a carried image does when something goes wrong between the kernels.
struct PolicyOptions: ParsableArguments {
  @Option(help: "What the emulator does after it has reported a failure or a fault.")
  var onFailure = FailurePolicy.Action.reset

  @Option(help: "The least important lines that the emulator writes to the console.")
  var consoleLevel = FailurePolicy.Level.notice

  @Option(help: "The same for the log that the next kernel shows under efivarfs, as VirgilLog.")
  var logLevel = FailurePolicy.Level.debug

  var policy: FailurePolicy {
    var policy = FailurePolicy()
    policy.onFailure = onFailure
    policy.consoleLevel = consoleLevel
    policy.logLevel = logLevel
    return policy
  }
}
