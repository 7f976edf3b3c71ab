namespace Nacre.Storage;

/// <summary>The store cannot be opened, read or written. The message says what and how to fix it.</summary>
public sealed class StoreException(string message, Exception? innerException = null) : Exception(message, innerException);
