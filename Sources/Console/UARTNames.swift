// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

// Which model a name means. Data only: another port that these models cover is another line here.
extension UARTModel {
  /// The model of a device tree's `compatible` string; nil when it is not known.
  static func compatible(_ name: ByteView) -> UARTModel? {
    for (known, model) in compatibleNames where name.equals(known) { return model }
    return nil
  }

  /// The model of an `earlycon=` name; nil when it is not known.
  static func earlycon(_ name: ByteView) -> UARTModel? {
    for (known, model) in earlyconNames where name.equals(known) { return model }
    return nil
  }

  /// The model of an SPCR interface type; nil when it is not known.
  static func interface(_ type: SPCR.InterfaceType) -> UARTModel? {
    switch type {
    case .armPL011, .armSBSA32Bit, .armSBSAGeneric, .bcm2835: .pl011
    case .full16550, .subset16550, .nvidia16550, .generic16550: .ns16550
    default: nil
    }
  }

  private static var compatibleNames: [(StaticString, UARTModel)] {
    [
      ("arm,pl011", .pl011), ("arm,sbsa-uart", .pl011), ("arm,pl010", .pl011), ("arm,primecell", .pl011),
      ("ns16550a", .ns16550), ("ns16550", .ns16550), ("ns16450", .ns16550), ("ns8250", .ns16550),
      ("ns16750", .ns16550), ("ns16850", .ns16550), ("snps,dw-apb-uart", .ns16550),
      ("nvidia,tegra20-uart", .ns16550), ("intel,xscale-uart", .ns16550),
      ("mrvl,mmp-uart", .ns16550Words), ("mediatek,mt6577-uart", .ns16550Words),
      ("brcm,bcm2835-aux-uart", .ns16550Words), ("ti,omap2-uart", .ns16550Words), ("ti,omap3-uart", .ns16550Words),
      ("ti,omap4-uart", .ns16550Words),
      ("cdns,uart-r1p8", .cadence), ("cdns,uart-r1p12", .cadence), ("xlnx,xuartps", .cadence),
      ("amlogic,meson-ao-uart", .meson), ("amlogic,meson-gx-uart", .meson),
      ("fsl,imx21-uart", .imx), ("fsl,imx53-uart", .imx), ("fsl,imx6q-uart", .imx),
      ("fsl,imx7ulp-lpuart", .lpuart), ("fsl,imx8ulp-lpuart", .lpuart), ("fsl,imx8qxp-lpuart", .lpuart),
    ]
  }

  private static var earlyconNames: [(StaticString, UARTModel)] {
    [
      ("pl011", .pl011), ("uart8250", .ns16550), ("uart", .ns16550), ("ns16550", .ns16550), ("ns16550a", .ns16550),
      ("cdns", .cadence), ("meson", .meson), ("ec_imx21", .imx), ("ec_imx6q", .imx),
    ]
  }
}
