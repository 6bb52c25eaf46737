"""How people of each language say when: the simple forms, as lower-case words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language.

    Attributes:
        days: Phrases, by the field of cron that they stand for: days of the week.
        weekdays: Names of the days of the week, Monday first; more names of one are separated by a bar.
        every: What stands before or behind a day's name where that day of each week is meant; `{}` is the name.
        joins: What stands between two days.
        each: What an interval is said with; `{n}` is the number, `{unit}` the unit.
        minutes: The units of an interval.
        hours: Likewise.
        hourly: Phrases for each hour.
        monthly: Phrases for the first day of each month.
        once: Phrases for today (0) and tomorrow (1).
        at: Words before a time.
        clock: Words behind an hour.
        later: Words before or behind a time after noon.
        spaced: Words are separated by spaces.
    """

    days: dict[str, str]
    weekdays: tuple[str, ...]
    every: tuple[str, ...]
    joins: tuple[str, ...]
    each: tuple[str, ...]
    minutes: tuple[str, ...]
    hours: tuple[str, ...]
    hourly: tuple[str, ...]
    monthly: tuple[str, ...]
    once: dict[str, int]
    at: tuple[str, ...]
    clock: tuple[str, ...]
    later: tuple[str, ...] = ()
    spaced: bool = True
    phrases: dict[str, str] = field(init=False)
    """Every phrase for days, by the field of cron."""

    def __post_init__(self) -> None:
        """Put the phrases together."""
        found = dict(self.days)
        for number, names in enumerate(self.weekdays, 1):
            for name in names.split("|"):
                found |= {pattern.format(name): str(number % 7) for pattern in self.every}
        object.__setattr__(self, "phrases", found)


WORDS: Final = {
    "en": Words(
        days={
            "every day": "*", "each day": "*", "daily": "*", "every morning": "*", "every evening": "*", "every night": "*",
            "every weekday": "1-5", "every workday": "1-5", "every working day": "1-5", "weekdays": "1-5", "on weekdays": "1-5",
            "every weekend": "0,6", "weekends": "0,6", "on weekends": "0,6",
        },
        weekdays=("monday|mon", "tuesday|tue", "wednesday|wed", "thursday|thu", "friday|fri", "saturday|sat", "sunday|sun"),
        every=("every {}", "each {}", "{}s", "on {}s"), joins=("and", ","), each=("every {n} {unit}", "each {n} {unit}"),
        minutes=("minutes", "minute", "mins", "min"), hours=("hours", "hour"), hourly=("every hour", "hourly"),
        monthly=("every month", "monthly"), once={"today": 0, "tomorrow": 1}, at=("at",), clock=("o'clock",),
    ),
    "de": Words(
        days={
            "jeden tag": "*", "täglich": "*", "jeden morgen": "*", "jeden abend": "*", "jeden werktag": "1-5",
            "jeden arbeitstag": "1-5", "werktags": "1-5", "wochentags": "1-5", "an werktagen": "1-5", "jedes wochenende": "0,6",
            "am wochenende": "0,6",
        },
        weekdays=("montag|mo", "dienstag|di", "mittwoch|mi", "donnerstag|do", "freitag|fr", "samstag|sonnabend|sa", "sonntag|so"),
        every=("jeden {}", "{}s"), joins=("und", ","), each=("alle {n} {unit}",), minutes=("minuten", "min"),
        hours=("stunden",), hourly=("jede stunde", "stündlich"), monthly=("jeden monat", "monatlich"),
        once={"heute": 0, "morgen": 1}, at=("um",), clock=("uhr",),
    ),
    "es": Words(
        days={
            "cada día": "*", "todos los días": "*", "a diario": "*", "diariamente": "*", "cada mañana": "*", "cada noche": "*",
            "cada día laborable": "1-5", "los días laborables": "1-5", "entre semana": "1-5", "de lunes a viernes": "1-5",
            "cada fin de semana": "0,6", "los fines de semana": "0,6",
        },
        weekdays=("lunes", "martes", "miércoles|miercoles", "jueves", "viernes", "sábado|sabado", "domingo"),
        every=("cada {}", "los {}", "todos los {}", "los {}s", "todos los {}s"), joins=("y", ","), each=("cada {n} {unit}",),
        minutes=("minutos", "min"), hours=("horas",), hourly=("cada hora",), monthly=("cada mes", "mensualmente"),
        once={"hoy": 0, "mañana": 1}, at=("a las", "a la"), clock=("horas", "h"),
    ),
    "fr": Words(
        days={
            "chaque jour": "*", "tous les jours": "*", "chaque matin": "*", "tous les matins": "*", "chaque soir": "*",
            "chaque jour ouvré": "1-5", "les jours ouvrés": "1-5", "en semaine": "1-5", "du lundi au vendredi": "1-5",
            "chaque week-end": "0,6", "le week-end": "0,6",
        },
        weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        every=("chaque {}", "tous les {}s", "le {}"), joins=("et", ","), each=("toutes les {n} {unit}",),
        minutes=("minutes", "min"), hours=("heures",), hourly=("chaque heure", "toutes les heures"),
        monthly=("chaque mois", "tous les mois"), once={"aujourd'hui": 0, "aujourd\u2019hui": 0, "demain": 1}, at=("à",),
        clock=("heures", "heure", "h"),
    ),
    "pt": Words(
        days={
            "todo dia": "*", "todos os dias": "*", "diariamente": "*", "toda manhã": "*", "toda noite": "*",
            "todo dia útil": "1-5", "nos dias úteis": "1-5", "dias úteis": "1-5", "de segunda a sexta": "1-5",
            "todo fim de semana": "0,6", "nos fins de semana": "0,6",
        },
        weekdays=(
            "segunda-feira|segunda", "terça-feira|terça", "quarta-feira|quarta", "quinta-feira|quinta", "sexta-feira|sexta",
            "sábado", "domingo",
        ),
        every=("toda {}", "todo {}", "às {}s", "aos {}s"), joins=("e", ","), each=("a cada {n} {unit}", "cada {n} {unit}"),
        minutes=("minutos", "min"), hours=("horas",), hourly=("toda hora", "a cada hora"), monthly=("todo mês", "mensalmente"),
        once={"hoje": 0, "amanhã": 1}, at=("às", "as", "à"), clock=("horas", "h"),
    ),
    "ru": Words(
        days={
            "каждый день": "*", "ежедневно": "*", "каждое утро": "*", "каждый вечер": "*", "каждый будний день": "1-5",
            "каждый рабочий день": "1-5", "по будням": "1-5", "в будни": "1-5", "по выходным": "0,6", "каждые выходные": "0,6",
            "каждую среду": "3", "каждую пятницу": "5", "каждую субботу": "6", "каждое воскресенье": "0",
            "по понедельникам": "1", "по вторникам": "2", "по средам": "3", "по четвергам": "4", "по пятницам": "5",
            "по субботам": "6", "по воскресеньям": "0",
        },
        weekdays=("понедельник", "вторник", "среда|среду", "четверг", "пятница|пятницу", "суббота|субботу", "воскресенье"),
        every=("каждый {}",), joins=("и", ","), each=("каждые {n} {unit}",), minutes=("минуты", "минут", "мин"),
        hours=("часа", "часов"), hourly=("каждый час", "ежечасно"), monthly=("каждый месяц", "ежемесячно"),
        once={"сегодня": 0, "завтра": 1}, at=("в", "во"), clock=("часов", "часа", "час", "ч"),
    ),
    "zh-hans": Words(
        days={
            "每天": "*", "每日": "*", "每个工作日": "1-5", "每工作日": "1-5", "工作日": "1-5", "周一到周五": "1-5", "周一至周五": "1-5",
            "每个周末": "0,6", "每周末": "0,6", "周末": "0,6",
        },
        weekdays=("一", "二", "三", "四", "五", "六", "日|天"), every=("每周{}", "每星期{}", "每个周{}"), joins=("和", "、"),
        each=("每{n}{unit}", "每隔{n}{unit}"), minutes=("分钟",), hours=("小时", "个小时"), hourly=("每小时", "每个小时"),
        monthly=("每个月", "每月"), once={"今天": 0, "明天": 1}, at=("早上", "上午", "在"), clock=("点",),
        later=("下午", "晚上"), spaced=False,
    ),
    "ja": Words(
        days={
            "毎日": "*", "毎朝": "*", "毎晩": "*", "平日": "1-5", "毎平日": "1-5", "毎週末": "0,6", "週末": "0,6",
        },
        weekdays=("月", "火", "水", "木", "金", "土", "日"), every=("毎週{}曜日", "毎週{}曜"), joins=("と", "、"),
        each=("{n}{unit}ごとに", "{n}{unit}おきに", "{n}{unit}毎に"), minutes=("分",), hours=("時間",), hourly=("毎時", "一時間ごとに"),
        monthly=("毎月",), once={"今日": 0, "明日": 1}, at=("朝", "午前", "の"), clock=("時",), later=("午後",), spaced=False,
    ),
}  # fmt: skip
