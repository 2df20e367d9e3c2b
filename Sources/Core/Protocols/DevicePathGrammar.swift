// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/// The text form of every kind of device path node (UEFI 2.10, 10.6.1.6), read by `DevicePathText` in both directions.
///
/// A line is: type (1 hexadecimal digit), sub-type (2; `00` is any), name, `(`, fields, `)`. Before it, `~` marks a form
/// that is only displayed, `+` one that is printed when shortcuts are allowed. The first line that fits a node wholly,
/// length included, is its form. Numbers behind a code are hexadecimal.
///
/// | code | field |
/// |---|---|
/// | `b w d q` | integer of 1, 2, 4, 8 bytes; capitals: in decimal; then `^sn`: n bits from bit s; `+`: one more; `[A\|B]`: names of 0, 1 |
/// | `#snv` | n bits from bit s of the 16-bit word here that are always v |
/// | `@nn` `.n` | goes to offset nn behind the node's header; skips n bytes |
/// | `=…;` | bytes that are always these; `'…'`: text that is always this |
/// | `g h xnn Xnn r n m 4 6` | GUID; the rest; nn bytes; the same after 0x; 8 bytes reversed; the same with dashes; MAC, IP addresses |
/// | `a s tnn S` | ASCII that ends at NUL; the rest; nn bytes; quoted UCS-2 |
/// | `e E y k` | EISA identifier; the same or a number; 4 bytes as a number; two strings in the other order |
/// | `P U` | type and sub-type |
/// | `!` `?nn` `*n` | display stops here; prints no more of a node of nn bytes; repeats the last n codes to the end |
enum DevicePathGrammar {
  static let lines: StaticString = """
    101Pci(@01b,@00b)
    102PcCard(b)
    103MemoryMapped(d,q,q)
    104VenHw(gh)
    105Ctrl(d)
    106BMC(b,q)
    201PciRoot(=d041030a;d)
    201PcieRoot(=d041080a;d)
    201Floppy(=d0410406;d)
    201Keyboard(=d0410103;d)
    201Serial(=d0410105;d)
    201ParallelPort(=d0410104;d)
    201Acpi(E,d)
    202AcpiExp(@04=00000000;@00e,@08e,@0c=00;a=00;)
    202AcpiEx(@00e,@08e,@04d,@0ca,k)
    203AcpiAdr(d*1)
    ~301Ata(@02w)
    301Ata(b[Primary|Secondary],b[Master|Slave],w)
    302Scsi(w,w)
    303Fibre(.4q,q)
    304I1394(.4r)
    305USB(b,b)
    306I2O(d)
    309Infiniband(d,g,q,q,q)
    +30aVenPcAnsi(=5347c1e0bef9d2119a0c0090273fc14d;)
    +30aVenVt100(=6560a6df19b4d3119a2d0090273fc14d;)
    +30aVenVt100Plus(=0bc7ae7be057764c8e872f9e28088343;)
    +30aVenUtf8(=d6a015adec8bcf4aa073d01de77e2d88;)
    +30aUartFlowCtrl(=9d9a49372f54894ca02635da142094e4;d[None|Hardware|XonXoff])
    +30aSAS(=b4dd87d48b00d911afdc001083ffca4d;@14q,@1cq,@26w,@24=0000;'NoTopology','0','0','0',@10d)
    +30aSAS(=b4dd87d48b00d911afdc001083ffca4d;@14q,@1cq,@26w,@24#041#710w^41[SAS|SATA],@24w^51[Internal|External],@24w^61[Direct|Expanded],'0',@10d)
    +30aSAS(=b4dd87d48b00d911afdc001083ffca4d;@14q,@1cq,@26w,@24#042#710w^41[SAS|SATA],@24w^51[Internal|External],@24w^61[Direct|Expanded],@24w^88+,@10d)
    +30aSAS(=b4dd87d48b00d911afdc001083ffca4d;@14q,@1cq,@26w,@24w,'0','0','0',@10d)
    +30aDebugPort(=d2e8a4eb5838ec41a2812647ba9660d0;)
    30aVenMsg(gh)
    30bMAC(m,b)
    30cIPv4(@044!,@0cw[||||||TCP|||||||||||UDP],@0eb[DHCP|Static],@004?0f,@0f4,@134)
    30dIPv6(@106!,@24w[||||||TCP|||||||||||UDP],@26b[Static|StatelessAutoConfigure|StatefulAutoConfigure],@006?27,@27b,@286)
    30eUart(.4Q[DEFAULT],B[DEFAULT],b[D|N|E|O|M|S],b[D|1|1.5|2])
    30fUsbAudio(@04=01;@00w,w,@05b,b)
    30fUsbCDCControl(@04=02;@00w,w,@05b,b)
    30fUsbHID(@04=03;@00w,w,@05b,b)
    30fUsbImage(@04=06;@00w,w,@05b,b)
    30fUsbPrinter(@04=07;@00w,w,@05b,b)
    30fUsbMassStorage(@04=08;@00w,w,@05b,b)
    30fUsbHub(@04=09;@00w,w,@05b,b)
    30fUsbCDCData(@04=0a;@00w,w,@05b,b)
    30fUsbSmartCard(@04=0b;@00w,w,@05b,b)
    30fUsbVideo(@04=0e;@00w,w,@05b,b)
    30fUsbDiagnostic(@04=dc;@00w,w,@05b,b)
    30fUsbWireless(@04=e0;@00w,w,@05b,b)
    30fUsbDeviceFirmwareUpdate(@04=fe01;@00w,w,@06b)
    30fUsbIrdaBridge(@04=fe02;@00w,w,@06b)
    30fUsbTestAndMeasurement(@04=fe03;@00w,w,@06b)
    30fUsbClass(w,w,b,b,b)
    310UsbWwid(@02w,w,@00w,@06S)
    311Unit(b)
    312Sata(w,w,w)
    313iSCSI(@0ea,@0cw,@04X08,@02w^11[None|CRC32C],@02w^31[None|CRC32C],@02w^b2[CHAP_BI|None|CHAP_UNI],@00w[TCP|reserved])
    314Vlan(W)
    315FibreEx(.4X08,X08)
    316SasEx(X08,X08,@12w,@10=0000;'NoTopology','0','0','0')
    316SasEx(X08,X08,@12w,@10#041#710w^41[SAS|SATA],@10w^51[Internal|External],@10w^61[Direct|Expanded],'0')
    316SasEx(X08,X08,@12w,@10#042#710w^41[SAS|SATA],@10w^51[Internal|External],@10w^61[Direct|Expanded],@10w^88+)
    316SasEx(X08,X08,@12w,@10w,'0','0','0')
    317NVMe(d,n)
    318Uri(s)
    319UFS(b,b)
    31aSD(b)
    31bBluetooth(x06)
    31cWi-Fi(t20)
    31deMMC(b)
    31eBluetoothLE(x06,b)
    31fDns(=00;4.c*3)
    31fDns(=01;6*1)
    320NVDIMM(g)
    321RestService(b,b)
    401HD(@24=0202;@00D,'GPT',@14g,@04q,@0cq)
    401HD(@24=0101;@00D,'MBR',@14y.c,@04q,@0cq)
    401HD(@00D,@25B,'0',@04q,@0cq)
    402CDROM(d!,q,q)
    403VenMedia(gh)
    405Media(g)
    406FvFile(g)
    407Fv(g)
    408Offset(.4q,q)
    409VirtualDisk(@10=5a53ab77fc454b625560f7b281d1f96e;@00q,q,@20W)
    409VirtualCD(@10=30bd5a3d7541ce876d64d2ade523c4bb;@00q,q,@20W)
    409PersistentVirtualDisk(@10=c902ea5c074dd369269f4496fbe096f9;@00q,q,@20W)
    409PersistentVirtualCD(@10=88810108cd4248bb100f5387d53ded3d;@00q,q,@20W)
    409RamDisk(q,q,@20W,@10g)
    501BBS(w[|Floppy|HD|CDROM|PCMCIA|USB|Network],@04a!,@02w)
    100HardwarePath(Uh)
    200AcpiPath(Uh)
    300Msg(Uh)
    400MediaPath(Uh)
    500BbsPath(Uh)
    000Path(P,Uh)

    """
}
