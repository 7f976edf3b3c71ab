using System.Runtime.InteropServices;

namespace Nacre.Linux;

/// <summary>A system call failed. <see cref="Errno"/> is what the kernel answered.</summary>
public sealed class SystemCallException(string call, int errno, string subject)
    : IOException($"{call} {subject}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})")
{
    public string Call { get; } = call;

    public int Errno { get; } = errno;

    public string Subject { get; } = subject;
}

/// <summary>The error numbers that callers decide by (asm-generic, the same on x86-64 and arm64).</summary>
public static class Errno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int NoSuchAddress = 6;
    public const int Busy = 16;
    public const int Exists = 17;
    public const int CrossDevice = 18;
    public const int NotDirectory = 20;
    public const int Invalid = 22;
    public const int NoSpace = 28;
    public const int ReadOnly = 30;
    public const int TooManyLinks = 40;
    public const int NoData = 61;
    public const int NotSupported = 95;
    public const int OutOfRange = 34;
    public const int NoSystemCall = 38;
}
