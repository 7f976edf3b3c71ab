namespace Nacre.Cli.Demo;

/// <summary>The emulator could not be set up or started; the message is one line that says what to do.</summary>
internal sealed class SwtpmException(string message) : Exception(message);
