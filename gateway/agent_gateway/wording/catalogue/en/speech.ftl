# Voice messages that could not be understood, and those that were.

speech-heard = Misheard? Reply to this with the right words.
speech-off = I can't listen to voice messages here. Please write it.
speech-video = I can't listen to video messages. Send a voice message, or write it.
speech-too-long = I can listen to voice messages of up to { $most }. Send it in parts, or write it.
speech-away = I couldn't hear this: my hearing isn't answering. Try again in a moment, or write it.
speech-busy = I couldn't hear this: too much is being said to me at once. Try again in a minute, or write it.
speech-refused = I can't listen to voice messages right now. Please write it, and tell an administrator.
speech-unreadable = I couldn't hear this: the recording can't be played. Try again, or write it.
speech-silent = I couldn't make out any words. Try again, or write it.
