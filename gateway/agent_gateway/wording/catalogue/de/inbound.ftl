unreadable = So eine Nachricht kann ich nicht öffnen. Schick mir Text, ein Bild oder eine Datei.
nothing-asked = Was kann ich tun? Schreib es hinter meinen Namen oder antworte mir.
anonymous = Ich antworte nur Leuten, die ich erkenne. Schreib unter deinem eigenen Namen (nicht als Gruppe oder Kanal) und frag noch einmal.
too-large = { $name } hat { $size }, und Telegram lässt Bots nur 20 MB herunterladen. Schick einen Link oder teile die Datei auf. Ich habe noch nicht angefangen.
takes-no-file = /{ $name } nimmt keine Datei an, also habe ich nichts getan. Schick es ohne Datei.
file-not-fetched = Ich konnte dem Agenten { $name } nicht geben. Schick es noch einmal oder in anderer Form.
